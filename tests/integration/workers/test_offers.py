"""Offered places in the real database: counted as taken, accepted in time or passed on; twice, late, at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.errors import CheckViolation
from psycopg_pool import ConnectionPool
from redis import Redis

from domain.commands import AcceptOffer, Actor, CancelSession, ExpireOffers
from domain.ids import BookingId, TrainingSessionId
from domain.policies import Offer, Policies
from ops.auditing import audit
from storage.database import Db
from storage.offers import accept_expiries
from tests.integration.studio import SEATLINE, Member, Studio
from workers.offers import expire_offers
from workers.what_if import what_if

OFFERS = Policies(offer=Offer(30))


class Offered:
    """One place; its holder has given it back, it is offered to the first in line, and the second waits behind."""

    def __init__(self, studio: Studio, **session: Any) -> None:
        self.studio = studio
        self.session_id = studio.a_session(**{"capacity": 1, "policies": OFFERS, **session})
        self.holder, self.first, self.second = studio.members(3)
        self.bookings = [studio.book(self.session_id, one) for one in (self.holder, self.first, self.second)]
        studio.serve(self.session_id)
        self.freeing = studio.cancel(self.session_id, self.holder, self.bookings[0])
        studio.serve(self.session_id)

    def accept(self, member: Member, booking: int) -> BookingId:
        command = AcceptOffer(self.bookings[booking])
        return BookingId(self.studio.ask(self.session_id, Actor(member.id), command))

    def let_time_pass(self) -> None:
        """Move the offers' end into the past."""
        self.studio.db.execute(
            "UPDATE bookings SET offered_until = now() - interval '1 s' WHERE training_session_id = %s"
            " AND status = 'offered'",
            (self.session_id,),
        )


@pytest.fixture
def offered(studio: Studio) -> Offered:
    return Offered(studio)


def audited(studio: Studio, session_id: TrainingSessionId) -> list[Any]:
    return audit(studio.db, [session_id]).differences


def told(studio: Studio, member: Member) -> list[str]:
    rows = studio.db.execute("SELECT kind FROM notices WHERE member_id = %s ORDER BY id", (member.id,))
    return [row[0] for row in rows]


def test_a_free_place_is_offered_counts_as_taken_and_nothing_is_charged(offered: Offered) -> None:
    studio = offered.studio

    assert studio.roster(offered.session_id) == {offered.first.id: "offered", offered.second.id: "waitlisted"}
    assert studio.counts(offered.session_id) == (1, 1, 0)
    assert studio.sessions_left(offered.first) == 10
    assert told(studio, offered.first) == ["waitlisted", "place_offered"]
    assert audited(studio, offered.session_id) == []


def test_accepting_charges_once_and_the_journal_bears_it_out(offered: Offered) -> None:
    studio = offered.studio
    accepted, again = offered.accept(offered.first, 1), offered.accept(offered.first, 1)
    stolen = offered.accept(offered.second, 1)

    studio.serve(offered.session_id)

    assert studio.status(accepted) == "applied"
    assert studio.outcome(again)["reasons"] == ["already_booked"]
    assert studio.outcome(stolen)["reasons"] == ["booking_not_yours"]
    assert studio.roster(offered.session_id)[offered.first.id] == "confirmed"
    assert studio.sessions_left(offered.first) == 9
    assert audited(studio, offered.session_id) == []


def test_an_offer_that_ends_is_passed_on_and_its_member_leaves_the_line(
    offered: Offered, pool: ConnectionPool[Db], redis: Redis
) -> None:
    studio = offered.studio
    offered.let_time_pass()
    too_late = offered.accept(offered.first, 1)

    expire_offers(pool, redis)
    studio.serve(offered.session_id)

    assert studio.outcome(too_late)["reasons"] == ["offer_expired"]
    assert studio.roster(offered.session_id) == {offered.second.id: "offered"}
    assert studio.counts(offered.session_id) == (1, 0, 0)
    assert studio.sessions_left(offered.first) == 10
    assert told(studio, offered.first)[-1] == "offer_expired"
    assert told(studio, offered.second)[-1] == "place_offered"


def test_a_session_is_asked_once_for_all_its_offers_and_only_when_one_is_due(offered: Offered) -> None:
    def asks() -> int:
        return [one.training_session_id for one in accept_expiries(offered.studio.db)].count(offered.session_id)

    assert asks() == 0
    offered.let_time_pass()

    assert asks() == 1
    assert asks() == 0
    offered.studio.serve(offered.session_id)
    assert asks() == 0


def test_ending_offers_twice_or_while_nothing_is_due_does_nothing(offered: Offered) -> None:
    studio = offered.studio
    early = studio.ask(offered.session_id, SEATLINE, ExpireOffers())
    studio.serve(offered.session_id)
    offered.let_time_pass()
    first, second = (studio.ask(offered.session_id, SEATLINE, ExpireOffers()) for _ in range(2))
    studio.serve(offered.session_id)

    assert [len(studio.outcome(one)["events"]) for one in (early, first, second)] == [0, 2, 0]
    assert studio.roster(offered.session_id) == {offered.second.id: "offered"}


def test_all_that_happens_to_an_offer_may_be_in_one_batch(studio: Studio) -> None:
    session_id = studio.a_session(capacity=1, policies=OFFERS)
    members = studio.members(4)
    bookings = [studio.book(session_id, one) for one in members]
    studio.cancel(session_id, members[0], bookings[0])
    studio.cancel(session_id, members[1], bookings[1])
    studio.ask(session_id, SEATLINE, ExpireOffers())
    studio.ask(session_id, Actor(members[2].id), AcceptOffer(bookings[2]))

    studio.serve(session_id)

    assert studio.roster(session_id) == {members[2].id: "confirmed", members[3].id: "waitlisted"}
    assert audited(studio, session_id) == []


def test_an_offer_ends_at_the_start_and_the_audit_bears_out_its_end(
    studio: Studio, pool: ConnectionPool[Db], redis: Redis
) -> None:
    nothing = timedelta(0)
    deadlines = dict.fromkeys(("booking_deadline", "cancellation_deadline", "promotion_deadline"), nothing)
    offered = Offered(studio, starts_at=datetime.now(UTC) + timedelta(seconds=2), **deadlines)
    assert studio.roster(offered.session_id)[offered.first.id] == "offered"

    while "offered" in studio.roster(offered.session_id).values():
        studio.db.execute("SELECT pg_sleep(0.05)")
        expire_offers(pool, redis)
        studio.serve(offered.session_id)

    assert studio.roster(offered.session_id) == {offered.second.id: "waitlisted"}
    assert studio.counts(offered.session_id) == (0, 1, 0)
    assert audited(studio, offered.session_id) == []


def test_a_cancelled_session_ends_its_offers_and_says_before_that_it_would(offered: Offered) -> None:
    studio = offered.studio
    seen = what_if(studio.db, offered.session_id, studio.staff, CancelSession("ill"))
    assert seen is not None
    assert (seen.refunded.count, seen.released.count) == (0, 2)

    studio.ask(offered.session_id, studio.staff, CancelSession("ill"))
    studio.serve(offered.session_id)

    assert studio.roster(offered.session_id) == {}
    assert studio.counts(offered.session_id) == (0, 0, 0)
    assert audited(studio, offered.session_id) == []


def test_the_database_itself_keeps_an_offered_place(offered: Offered) -> None:
    with pytest.raises(CheckViolation, match="training_sessions_not_oversold"):
        offered.studio.db.execute("UPDATE bookings SET status = 'confirmed' WHERE id = %s", (offered.bookings[2],))
    with pytest.raises(CheckViolation, match="bookings_offered"):
        offered.studio.db.execute("UPDATE bookings SET offered_until = NULL WHERE id = %s", (offered.bookings[1],))
