"""`seatline invite`, as the shell runs it, and what other commands say of links to a password."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from domain.password_links import LinkPurpose
from storage.database import Db
from storage.password_links import find_open_link
from storage.settings import settings
from tests.integration.links import a_reset, address_of, links_of, mails_of, states_of
from tests.integration.ops.conftest import Cli
from tests.integration.ops.post import Post
from tests.integration.studio import Member, Studio
from tests.integration.workers.postroom import ScriptedProvider
from workers.messages.links import password_secret, password_url, read_password_secret
from workers.queues import QueueName

MAXIM = "maxim@example.test"


def members(db: Db) -> list[tuple[str, str, str | None, str]]:
    return [tuple(row) for row in db.execute("SELECT name, email, password_hash, role FROM members ORDER BY email")]


def test_a_new_member_is_made_and_the_link_is_printed_to_hand_over(cli: Cli, studio: Studio) -> None:
    status, out, err = cli("invite", MAXIM, "--name", "Maxim Bondar")

    assert (status, err) == (0, "")
    assert members(studio.db) == [("Maxim Bondar", MAXIM, None, "member")]
    first, second, link = out.splitlines()
    assert first == f"Made Maxim Bondar <{MAXIM}>; the invitation is on its way."
    assert "good once and until" in second
    link_id = read_password_secret(settings(), urlsplit(link).path.removeprefix("/password/"))
    assert link_id is not None
    found = find_open_link(studio.db, link_id)
    assert found is not None
    assert (found.purpose, found.email) == (LinkPurpose.INVITATION, MAXIM)
    assert studio.redis.llen(QueueName.NOTIFICATIONS) == 1


def test_a_script_reads_json(cli: Cli, studio: Studio) -> None:
    member = studio.a_member()

    status, out, _ = cli("invite", address_of(member).upper(), "--json")

    plain = json.loads(out)
    (link_id,) = links_of(studio.db, member)
    assert status == 0
    left = datetime.fromisoformat(plain.pop("expires_at")) - datetime.now(UTC)
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)
    assert plain == {
        "member_id": str(member.id),
        "name": f"Member {member.id}",
        "email": address_of(member),
        "is_new": False,
        "link": password_url(settings(), link_id),
    }


def test_inviting_again_makes_nobody_twice_and_replaces_the_link(cli: Cli, studio: Studio) -> None:
    for name in ("Maxim", "Another name"):
        assert cli("invite", MAXIM, "--name", name)[0] == 0

    assert [row[0] for row in members(studio.db)] == ["Maxim"]
    ended = studio.db.execute("SELECT ended FROM password_links ORDER BY id").fetchall()
    assert ended == [("replaced",), (None,)]


def test_whoever_has_a_password_is_told_of_the_reset_instead(cli: Cli, studio: Studio) -> None:
    member = studio.a_member()
    studio.db.execute("UPDATE members SET password_hash = 'old'")

    status, out, err = cli("invite", address_of(member))

    assert (status, out) == (1, "")
    assert "has a password already" in err
    assert f"{settings().api_url}/password-reset" in err
    assert mails_of(studio.db, member) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([MAXIM], "Give --name as well"),
        ([MAXIM, "--name", "  "], "A name has 1 to 200 characters"),
        ([MAXIM, "--name", "Maxim\nBondar"], "A name has 1 to 200 characters"),
        ([MAXIM, "--name", "x" * 201], "A name has 1 to 200 characters"),
        (["maxim", "--name", "Maxim"], "No mail can be sent there"),
        (["maxim@example.test\r\nBcc: a@b.c", "--name", "Maxim"], "No mail can be sent there"),
        (["", "--name", "Maxim"], "No mail can be sent there"),
    ],
)
def test_what_makes_no_member_is_refused_in_a_sentence(
    cli: Cli, studio: Studio, arguments: list[str], said: str
) -> None:
    status, out, err = cli("invite", *arguments)

    assert (status, out) == (1, "")
    assert said in err
    assert members(studio.db) == []


def test_without_a_studio_nobody_is_invited(cli: Cli, db: Db) -> None:
    status, _, err = cli("invite", MAXIM, "--name", "Maxim")

    assert status == 1
    assert "There is no studio yet" in err


def test_what_operators_see_of_a_delivery_has_no_secret(cli: Cli, post: Post) -> None:
    member: Member = post.studio.a_member()
    secret = a_reset(post.studio.db, member)
    post.works(ScriptedProvider())
    (id_,) = post.ids()

    for arguments in (["show", id_], ["show", id_, "--json"], ["list", "--kind", "password_reset"], ["list", "--json"]):
        status, out, _ = cli("deliveries", *arguments)
        assert status == 0
        assert "password_reset" in out
        assert secret not in out
        assert "/password/" not in out
    (link_id,) = links_of(post.studio.db, member)
    assert secret == password_secret(settings(), link_id)


def test_a_webhook_cannot_ask_for_links(cli: Cli, studio: Studio) -> None:
    status, _, err = cli("webhooks", "add", "https://hooks.example/all", "--kind", "password_reset")

    assert status == 2
    assert "'password_reset' is not one of" in err


def test_an_audit_finds_nothing_amiss_with_links(cli: Cli, studio: Studio) -> None:
    member, session = studio.a_member(), studio.a_session()
    a_reset(studio.db, member)
    studio.book(session, member)
    studio.serve(session)

    assert cli("audit", "--all")[0] == 0
    assert states_of(studio.db, member) == [("reset", None)]
