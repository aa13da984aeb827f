"""What the database refuses even if the code is wrong, by the name of the constraint that refuses it."""

import pytest
from psycopg import IntegrityError

from domain.commands import ChangeCapacity
from domain.ids import TrainingSessionId
from storage.identifiers import new_id
from tests.integration.studio import Member, Studio

NEW_BOOKING = """
    INSERT INTO bookings (id, training_session_id, member_id, pass_id, status, position, starts_at, booked_at,
                          cancelled_at, changed_at)
    VALUES (%s, %s, %s, %s, %s, 99, now(), now(), CASE WHEN %s = 'cancelled' THEN now() END, now())
"""


def write_booking(
    studio: Studio, session: TrainingSessionId, member: Member, status: str = "confirmed", pass_: Member | None = None
) -> None:
    command = studio.book(session, member)
    studio.db.execute(NEW_BOOKING, (command, session, member.id, (pass_ or member).pass_id, status, status))


def refused_by(constraint: str) -> "pytest.RaisesExc[IntegrityError]":
    return pytest.raises(IntegrityError, check=lambda error: error.diag.constraint_name == constraint)


def test_no_member_has_two_live_bookings_of_a_session(studio: Studio) -> None:
    session, member = studio.a_session(), studio.a_member()
    write_booking(studio, session, member)

    with refused_by("bookings_one_live_per_member"):
        write_booking(studio, session, member, "waitlisted")
    write_booking(studio, session, member, "cancelled")


def test_no_session_is_oversold(studio: Studio) -> None:
    session = studio.a_session(capacity=2)
    first, second, third = studio.members(3)
    write_booking(studio, session, first)
    write_booking(studio, session, second)

    with refused_by("training_sessions_not_oversold"):
        write_booking(studio, session, third)


def test_a_waiter_cannot_be_promoted_into_a_full_session(studio: Studio) -> None:
    session = studio.a_session(capacity=1)
    first, second = studio.members(2)
    write_booking(studio, session, first)
    write_booking(studio, session, second, "waitlisted")

    with refused_by("training_sessions_not_oversold"):
        studio.db.execute("UPDATE bookings SET status = 'confirmed' WHERE member_id = %s", (second.id,))


def test_a_lowered_capacity_keeps_its_people_but_sells_nothing(studio: Studio) -> None:
    session = studio.a_session(capacity=3)
    *three, fourth = studio.members(4)
    bookings = [studio.book(session, member) for member in three]
    studio.ask(session, studio.staff, ChangeCapacity(1))
    studio.cancel(session, three[0], bookings[0])
    while studio.serve(session).commands:
        pass
    assert studio.counts(session) == (2, 0, 0)

    with refused_by("training_sessions_not_oversold"):
        write_booking(studio, session, fourth)


def test_no_pass_goes_below_zero_nor_above_what_was_granted(studio: Studio) -> None:
    member = studio.a_member(sessions=1)

    with refused_by("passes_never_negative"):
        studio.db.execute("UPDATE passes SET sessions_left = -1 WHERE id = %s", (member.pass_id,))
    with refused_by("passes_never_above_granted"):
        studio.db.execute("UPDATE passes SET sessions_left = 2 WHERE id = %s", (member.pass_id,))


def test_nobody_books_on_the_pass_of_another_member(studio: Studio) -> None:
    session = studio.a_session()
    member, other = studio.members(2)

    with refused_by("bookings_own_pass"):
        write_booking(studio, session, member, pass_=other)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_booking_is_charged_once_and_refunded_once(studio: Studio, change: int) -> None:
    member, booking = studio.a_member(), new_id()
    line = (
        "INSERT INTO pass_ledger (pass_id, booking_id, command_id, change, written_at) VALUES (%s, %s, %s, %s, now())"
    )
    studio.db.execute(line, (member.pass_id, booking, new_id(), change))

    with refused_by("pass_ledger_once_per_booking"):
        studio.db.execute(line, (member.pass_id, booking, new_id(), change))


def test_a_command_has_one_outcome_and_a_position_of_its_own(studio: Studio) -> None:
    session = studio.a_session()
    first, second = (studio.book(session, member) for member in studio.members(2))
    studio.serve(session)

    with refused_by("commands_one_per_position"):
        studio.db.execute("UPDATE commands SET position = 1 WHERE id = %s", (second,))
    with refused_by("commands_one_outcome"):
        studio.db.execute("UPDATE commands SET status = 'waiting' WHERE id = %s", (first,))


def test_the_counts_follow_whatever_writes_bookings(studio: Studio) -> None:
    session = studio.a_session(capacity=5)
    for number, member in enumerate(studio.members(6)):
        write_booking(studio, session, member, "waitlisted" if number % 2 else "confirmed")
    assert studio.counts(session) == (3, 3, 0)

    studio.db.execute(
        "UPDATE bookings SET skipped = '{pass_expired}' WHERE training_session_id = %s AND status = 'waitlisted'",
        (session,),
    )
    assert studio.counts(session) == (3, 0, 3)
    studio.db.execute("DELETE FROM bookings WHERE training_session_id = %s", (session,))
    assert studio.counts(session) == (0, 0, 0)
