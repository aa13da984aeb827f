"""Each kind of command, from the log to the rows it leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.commands import (
    Actor,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    CancelSession,
    ClearBookings,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.ids import PassId, SpaceId, TrainerId
from ops.auditing import audit
from storage.identifiers import new_id
from tests.integration.studio import SEATLINE, Studio


def kinds_of_notices(studio: Studio, command_id: object) -> list[str]:
    rows = studio.db.execute("SELECT kind FROM notices WHERE cause = %s ORDER BY id", (command_id,))
    return [row[0] for row in rows]


def session_row(studio: Studio, session_id: object, columns: str) -> Any:
    return studio.db.execute(
        f"SELECT {columns} FROM training_sessions WHERE id = %s",
        (session_id,),
    ).fetchone()


def test_book_seat_and_cancel_booking(studio: Studio) -> None:
    session, member = studio.a_session(), studio.a_member()
    booked = studio.ask(session, Actor(member.id), BookSeat(member.pass_id))
    studio.serve(session)
    cancelled = studio.ask(session, Actor(member.id), CancelBooking(booked))  # type: ignore[arg-type] # the same id
    studio.serve(session)

    assert studio.status(cancelled) == "applied"
    lines = studio.db.execute(
        "SELECT change, command_id FROM pass_ledger WHERE pass_id = %s ORDER BY id", (member.pass_id,)
    ).fetchall()
    assert lines == [(-1, booked), (1, cancelled)]
    assert studio.sessions_left(member) == 10


def test_every_refusal_of_a_booking_names_all_its_reasons(studio: Studio) -> None:
    session, member, other = studio.a_session(), studio.a_member(), studio.a_member()
    past = datetime.now(UTC) - timedelta(days=1)
    spent = studio.a_member(sessions=0, expires_at=past)
    unknown = studio.ask(session, Actor(member.id), BookSeat(PassId(new_id())))
    foreign = studio.ask(session, Actor(member.id), BookSeat(other.pass_id))
    worn_out = studio.ask(session, Actor(spent.id), BookSeat(spent.pass_id))
    stolen = studio.ask(session, Actor(other.id), CancelBooking(studio.book(session, member)))

    studio.serve(session)

    assert [studio.outcome(asked)["reasons"] for asked in (unknown, foreign, worn_out, stolen)] == [
        ["pass_not_found"],
        ["pass_not_yours"],
        ["pass_expired", "pass_exhausted"],
        ["booking_not_yours"],
    ]
    assert studio.sessions_left(other) == 10


def test_staff_book_and_cancel_past_the_deadlines(studio: Studio) -> None:
    session = studio.a_session(starts_at=datetime.now(UTC) + timedelta(minutes=20))
    member = studio.a_member()
    too_late = studio.book(session, member)
    booked = studio.ask(session, studio.staff, BookForMember(member.id, member.pass_id, "walked in"))
    studio.serve(session)
    assert studio.outcome(too_late)["reasons"] == ["booking_closed"]
    assert studio.roster(session) == {member.id: "confirmed"}

    cancelled = studio.ask(session, studio.staff, CancelForMember(booked, "injured"))  # type: ignore[arg-type]
    studio.serve(session)

    assert studio.roster(session) == {}
    assert studio.sessions_left(member) == 10
    assert kinds_of_notices(studio, cancelled) == ["booking_cancelled"]
    details = studio.db.execute("SELECT details FROM notices WHERE cause = %s", (cancelled,)).fetchone()
    assert details == ({"by": "staff", "why": "injured"},)


def test_reschedule_moves_the_session_its_bookings_and_its_deadlines(studio: Studio) -> None:
    session = studio.a_session(capacity=1)
    booked, waiting = studio.members(2)
    studio.book(session, booked)
    studio.book(session, waiting)
    starts_at = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0)
    moved = studio.ask(
        session, studio.staff, RescheduleSession(starts_at, 45, TrainerId(studio.trainer_id), SpaceId(studio.space_id))
    )
    studio.serve(session)

    row = session_row(studio, session, "starts_at, lasts_minutes, free_cancelling_until > now()")
    assert row == (starts_at, 45, True)
    assert studio.db.execute(
        "SELECT DISTINCT starts_at FROM bookings WHERE training_session_id = %s", (session,)
    ).fetchall() == [(starts_at,)]
    assert kinds_of_notices(studio, moved) == ["session_rescheduled"] * 2


def test_another_trainer_is_an_update(studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    trainer = TrainerId(new_id())
    studio.db.execute("INSERT INTO trainers (id, name) VALUES (%s, %s)", (trainer, f"Taras {trainer}"))
    starts_at = session_row(studio, session, "starts_at")[0]
    updated = studio.ask(session, studio.staff, RescheduleSession(starts_at, 60, trainer, SpaceId(studio.space_id)))
    studio.serve(session)

    assert session_row(studio, session, "trainer_id") == (trainer,)
    assert kinds_of_notices(studio, updated) == ["session_updated"]


def test_a_trainer_who_does_not_exist_fails_the_command_and_changes_nothing(studio: Studio) -> None:
    session = studio.a_session()
    starts_at = session_row(studio, session, "starts_at")[0]
    asked = studio.ask(
        session, studio.staff, RescheduleSession(starts_at, 60, TrainerId(new_id()), SpaceId(studio.space_id))
    )
    studio.serve(session)

    assert studio.status(asked) == "failed"
    assert session_row(studio, session, "trainer_id") == (studio.trainer_id,)


def test_cancelling_the_session_refunds_and_releases_everybody_once(studio: Studio) -> None:
    session = studio.a_session(capacity=2)
    members = studio.members(4)
    for member in members:
        studio.book(session, member)
    called_off, again = (studio.ask(session, studio.staff, CancelSession("no heating")) for _ in range(2))
    late = studio.book(session, studio.a_member())
    while studio.serve(session).commands:
        pass

    assert [studio.sessions_left(member) for member in members] == [10] * 4
    assert studio.counts(session) == (0, 0, 0)
    assert kinds_of_notices(studio, called_off) == ["session_cancelled"] * 4
    assert (studio.outcome(again)["events"], kinds_of_notices(studio, again)) == ([], [])
    assert studio.outcome(late)["reasons"] == ["session_cancelled"]


def test_clearing_the_session_ends_all_bookings_and_it_may_be_booked_again(studio: Studio) -> None:
    session = studio.a_session(capacity=2)
    members = studio.members(4)
    for member in members:
        studio.book(session, member)
    cleared = studio.ask(session, studio.staff, ClearBookings("no heating"))
    again = studio.book(session, members[3])
    while studio.serve(session).commands:
        pass

    assert studio.status(again) == "applied"
    assert studio.roster(session) == {members[3].id: "confirmed"}
    assert [studio.sessions_left(member) for member in members] == [10, 10, 10, 9]
    assert kinds_of_notices(studio, cleared) == ["booking_cancelled"] * 2 + ["left_waitlist"] * 2
    assert audit(studio.db, [session]).ok


def test_a_waiter_elsewhere_is_looked_at_again_when_clearing_brings_a_session_back(studio: Studio) -> None:
    cleared, full = studio.a_session(), studio.a_session(capacity=1)
    holder, waiter = studio.a_member(), studio.a_member(sessions=1)
    place = studio.book(full, holder)
    studio.book(full, waiter)
    studio.serve(full)
    studio.book(cleared, waiter)
    studio.serve(cleared)
    studio.cancel(full, holder, place)
    studio.serve(full)
    assert studio.counts(full) == (0, 0, 1)

    studio.ask(cleared, studio.staff, ClearBookings("no heating"))
    studio.serve(cleared)
    studio.serve(full)

    assert studio.roster(full) == {waiter.id: "confirmed"}


def test_reconsidering_a_waiter_whose_pass_is_still_spent_changes_nothing(studio: Studio) -> None:
    session = studio.a_session(capacity=1)
    holder, broke = studio.a_member(), studio.a_member(sessions=1)
    booking = studio.book(session, holder)
    studio.book(session, broke)
    studio.serve(session)
    studio.db.execute("UPDATE passes SET sessions_left = 0 WHERE id = %s", (broke.pass_id,))
    studio.cancel(session, holder, booking)
    studio.ask(session, SEATLINE, ReconsiderWaitlist(broke.pass_id))
    studio.serve(session)
    assert studio.counts(session) == (0, 0, 1)

    studio.db.execute("UPDATE passes SET sessions_left = 1 WHERE id = %s", (broke.pass_id,))
    studio.ask(session, SEATLINE, ReconsiderWaitlist(broke.pass_id))
    studio.serve(session)

    assert studio.roster(session) == {broke.id: "confirmed"}
    assert studio.sessions_left(broke) == 0
