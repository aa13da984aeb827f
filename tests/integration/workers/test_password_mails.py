"""Mails with a link to a password: one each, by e-mail alone, and never one whose link no longer holds."""

from datetime import timedelta

from domain.channels import Channel
from domain.password_links import PasswordLink
from storage.accounts import change_password_hash
from storage.identifiers import new_id
from storage.notices import relay
from storage.password_links import use_link
from storage.webhooks import add_webhook
from tests.integration.links import a_reset, address_of, an_invitation, expire, links_of
from tests.integration.studio import Studio
from tests.integration.workers.postroom import Desk, ScriptedProvider, kinds
from workers.providers.outcomes import TryAgain


def test_it_is_sent_once_to_its_member_with_what_the_mail_needs(studio: Studio, desk: Desk) -> None:
    provider, nina = ScriptedProvider(), studio.a_member()
    a_reset(studio.db, nina)
    (link,) = links_of(studio.db, nina)
    postroom = desk.postroom(provider)

    for _ in range(2):
        postroom.deliver_due()

    (delivery,) = provider.given
    assert (delivery.kind, delivery.address) == ("password_reset", address_of(nina))
    assert isinstance(delivery.notice.link, PasswordLink)
    assert delivery.notice.link.id == link
    assert delivery.notice.link.expires_at - delivery.notice.created_at == timedelta(hours=1)
    assert desk.states() == [("sent", 1, None)]


def test_no_device_and_no_webhook_is_told_and_no_number_is_given(studio: Studio, desk: Desk) -> None:
    nina = studio.a_member()
    studio.db.execute(
        "INSERT INTO push_subscriptions (id, member_id, endpoint, p256dh, auth, device)"
        " VALUES (%s, %s, %s, '', '', '')",
        (new_id(), nina.id, f"https://push.test/{nina.id}"),
    )
    add_webhook(studio.db, url="https://all.test", secret="whsec_", kinds=[])
    a_reset(studio.db, nina)
    an_invitation(studio.db, nina)

    assert relay(studio.db, limit=100) == 0

    channels = studio.db.execute("SELECT DISTINCT channel FROM deliveries").fetchall()
    assert channels == [("email",)]
    assert studio.db.execute("SELECT count(number) FROM notices").fetchone() == (0,)


def test_numbers_of_other_notices_have_no_gap_where_a_link_was_told(studio: Studio, desk: Desk) -> None:
    nina, session = studio.a_member(), studio.a_session()
    a_reset(studio.db, nina)
    studio.book(session, nina)
    studio.serve(session)
    a_reset(studio.db, nina)
    relay(studio.db, limit=100)

    numbers = studio.db.execute("SELECT number FROM notices WHERE number IS NOT NULL").fetchall()
    assert numbers == [(1,)]


def test_whoever_wants_no_mail_at_all_is_sent_a_link_all_the_same(studio: Studio, desk: Desk) -> None:
    provider, nina = ScriptedProvider(), studio.a_member()
    studio.db.execute(
        "INSERT INTO notification_preferences (member_id, switched_off, quiet_from, quiet_until)"
        " VALUES (%s, '{email,push}', '00:00', '23:59')",
        (nina.id,),
    )
    a_reset(studio.db, nina)

    desk.postroom(provider).deliver_due()

    assert kinds(provider.given) == ["password_reset"]


def test_after_the_mail_server_was_away_for_too_long_the_mail_is_dropped(studio: Studio, desk: Desk) -> None:
    provider, nina = ScriptedProvider([TryAgain("connection refused", server_down=True)]), studio.a_member()
    a_reset(studio.db, nina)
    postroom = desk.postroom(provider)
    postroom.deliver_due()
    assert desk.states() == [("due", 1, "connection refused")]

    expire(studio.db, nina)
    desk.all_due()
    postroom.deliver_due()

    assert desk.states() == [("dropped", 1, "the link has expired")]
    assert len(provider.given) == 1


def test_a_link_that_was_used_replaced_or_ended_by_a_change_is_not_sent(studio: Studio, desk: Desk) -> None:
    provider, (used, replaced, changed) = ScriptedProvider(), studio.members(3)
    studio.db.execute("UPDATE members SET password_hash = 'old' WHERE id = %s", (changed.id,))
    a_reset(studio.db, used)
    use_link(studio.db, links_of(studio.db, used)[0], password_hash="new")
    an_invitation(studio.db, replaced)
    an_invitation(studio.db, replaced)
    a_reset(studio.db, changed)
    change_password_hash(studio.db, changed.id, before="old", after="new")

    desk.postroom(provider).deliver_due()

    assert [(state, reason) for state, _, reason in desk.states()] == [
        ("dropped", "the link was used"),
        ("dropped", "a newer link has taken its place"),
        ("sent", None),
        ("dropped", "the password was changed"),
    ]
    assert kinds(provider.given) == ["invitation"]


def test_a_link_that_is_gone_is_not_sent(studio: Studio, desk: Desk) -> None:
    nina = studio.a_member()
    a_reset(studio.db, nina)
    studio.db.execute("DELETE FROM password_links WHERE member_id = %s", (nina.id,))

    desk.postroom(ScriptedProvider()).deliver_due()

    assert desk.states() == [("dropped", 0, "the link is gone")]


def test_a_notifier_that_died_while_sending_sends_the_same_link_again(studio: Studio, desk: Desk) -> None:
    provider, nina = ScriptedProvider(), studio.a_member()
    a_reset(studio.db, nina)
    postroom = desk.postroom(provider)
    postroom.deliver_due()
    studio.db.execute("UPDATE deliveries SET status = 'sending', settled_at = NULL")
    desk.all_due()

    postroom.deliver_due()

    first, second = provider.given
    assert (first.id, first.notice.link) == (second.id, second.notice.link)
    assert desk.states(Channel.EMAIL) == [("sent", 2, None)]
