"""Whose a claimed delivery is: nobody settles it by a lease that is not the present one."""

from domain.channels import Channel
from storage.database import Db
from storage.deliveries import AttemptRow, DeliveryStatus, Settlement, claim_due, settle
from storage.notices import relay
from tests.integration.studio import Studio
from tests.integration.workers.postroom import Desk


def claim(db: Db) -> Settlement:
    """Claim the one delivery there is, as a courier with a lease of a minute, and return it as put off."""
    (claimed,) = claim_due(db, Channel.EMAIL, limit=1, lease_seconds=60)
    return Settlement(claimed.id, claimed.kind, claimed.attempts, claimed.lease_ends_at, DeliveryStatus.DUE)


def test_a_record_repeated_after_a_lost_answer_takes_no_later_lease_away(studio: Studio, desk: Desk, db: Db) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.serve(session)
    relay(db, limit=100)
    put_off = claim(db)
    settle(db, [put_off])
    claim(db)  # by another notifier, which is about to call the provider

    settle(db, [put_off])

    assert desk.states() == [("sending", 1, None)]


def test_a_call_is_on_record_also_where_its_lease_was_lost(studio: Studio, desk: Desk, db: Db) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.serve(session)
    relay(db, limit=100)
    (slow,) = claim_due(db, Channel.EMAIL, limit=1, lease_seconds=0)
    claim(db)

    sent = AttemptRow("scripted", "sent", "250", 1)
    lease_ends_at = slow.lease_ends_at
    settle(db, [Settlement(slow.id, slow.kind, slow.attempts, lease_ends_at, DeliveryStatus.SENT, attempt=sent)])

    assert desk.states() == [("sending", 2, None)]
    assert desk.attempts() == [(1, "scripted", "sent", "250")]
