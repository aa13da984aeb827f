"""Bookings as their member sees them: with the session, the pass and the place in line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from domain.facts import Booking, BookingStatus
from domain.ids import BookingId, MemberId, TrainingSessionId
from domain.refusals import RefusalReason
from storage.database import Db
from storage.queries.schedule import (
    SESSION_COLUMNS,
    SESSION_COLUMNS_COUNT,
    SESSION_JOINS,
    ScheduledSession,
    scheduled_session_from,
)

COUNTED_AHEAD_MAX = 1000
"""How many waiters ahead are counted; a member farther back in line is not told the exact place."""

_ALL_BUT_THE_PLACE = SQL(
    """
    {session},
    bookings.id, bookings.member_id, bookings.pass_id, bookings.status, bookings.position, bookings.booked_at,
    bookings.promoted_at, bookings.cancelled_at, bookings.skipped, bookings.offered_until, pass_types.name,
    """
).format(session=SESSION_COLUMNS)
BOOKING_COLUMNS = _ALL_BUT_THE_PLACE + SQL(
    """
    CASE WHEN bookings.status = 'waitlisted' THEN (
         SELECT count(*) FROM (
             SELECT FROM bookings AS ahead
              WHERE ahead.training_session_id = bookings.training_session_id
                AND ahead.status = 'waitlisted' AND ahead.skipped IS NULL
                AND ahead.position < bookings.position
              LIMIT {counted}) AS counted) END
    """
).format(counted=COUNTED_AHEAD_MAX)
BOOKING_COLUMNS_COUNT = SESSION_COLUMNS_COUNT + 12

BOOKING_JOINS = SQL(
    """
    JOIN training_sessions ON training_sessions.id = bookings.training_session_id
    {joins}
    JOIN passes ON passes.id = bookings.pass_id
    JOIN pass_types ON pass_types.id = passes.pass_type_id
    """
).format(joins=SESSION_JOINS)

_BOOKINGS = SQL("SELECT {columns} FROM bookings {joins}").format(columns=BOOKING_COLUMNS, joins=BOOKING_JOINS)

# Those who are read together mostly wait in one line, which is read once for all of them.
_BOOKINGS_AND_THEIR_LINES = SQL(
    """
    WITH lines AS MATERIALIZED (
        SELECT training_session_id,
               ARRAY(SELECT ahead.position FROM bookings AS ahead
                      WHERE ahead.training_session_id = waiting.training_session_id
                        AND ahead.status = 'waitlisted' AND ahead.skipped IS NULL
                      ORDER BY ahead.position LIMIT {counted}) AS positions
          FROM (SELECT DISTINCT training_session_id FROM bookings
                 WHERE id = ANY(%(ids)s::uuid[]) AND status = 'waitlisted') AS waiting)
    SELECT {columns}
           -- How many are ahead: how many of the line's positions are not behind the one before this.
           CASE WHEN bookings.status = 'waitlisted' THEN width_bucket(bookings.position - 1, lines.positions) END
      FROM bookings {joins} LEFT JOIN lines ON lines.training_session_id = bookings.training_session_id
     WHERE bookings.id = ANY(%(ids)s::uuid[])
    """
).format(columns=_ALL_BUT_THE_PLACE, joins=BOOKING_JOINS, counted=COUNTED_AHEAD_MAX)


@dataclass(frozen=True, slots=True)
class MyBooking:
    """A booking with its session.

    `place_in_line` counts from 1 those who wait; None for a booking that does not wait, and for a waiter with
    `COUNTED_AHEAD_MAX` others or more ahead.
    """

    booking: Booking
    session: ScheduledSession
    pass_name: str
    place_in_line: int | None


class When(StrEnum):
    """Which of a member's bookings are wanted, by the start of their session."""

    UPCOMING = "upcoming"
    PAST = "past"


def find_booking(db: Db, booking_id: BookingId) -> MyBooking | None:
    """Return one booking, whoever's it is; None if there is none with this id, or none yet."""
    row = db.execute(SQL("{} WHERE bookings.id = %s").format(_BOOKINGS), (booking_id,)).fetchone()
    return None if row is None else my_booking_from(row)


def find_bookings(db: Db, booking_ids: Collection[BookingId]) -> dict[BookingId, MyBooking]:
    """Return those of these bookings that there are, whoever's they are, in one statement.

    It takes 2 ms to plan, so it is for connections that are planned once.
    """
    found = map(my_booking_from, db.execute(_BOOKINGS_AND_THEIR_LINES, {"ids": list(booking_ids)}).fetchall())
    return {one.booking.id: one for one in found}


def find_live_booking(db: Db, training_session_id: TrainingSessionId, member_id: MemberId) -> MyBooking | None:
    """Return the booking that holds this member's place, or place in line, in this session."""
    row = db.execute(
        SQL(
            """
            {} WHERE bookings.training_session_id = %s AND bookings.member_id = %s AND bookings.status <> 'cancelled'
            """
        ).format(_BOOKINGS),
        (training_session_id, member_id),
    ).fetchone()
    return None if row is None else my_booking_from(row)


def list_bookings(
    db: Db, member_id: MemberId, when: When, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[MyBooking]:
    """Return this member's bookings behind `after`: upcoming ones soonest first, past ones latest first.

    Cancelled bookings are among them. Upcoming are those whose session has not started by the database's clock.
    """
    if when is When.UPCOMING:
        side, order, cursor = SQL(">="), SQL("ASC"), SQL(">")
    else:
        side, order, cursor = SQL("<"), SQL("DESC"), SQL("<")
    behind = SQL("AND (bookings.starts_at, bookings.id) {} (%(after_start)s, %(after_id)s)").format(cursor)
    rows = db.execute(
        SQL(
            """
            {bookings}
             WHERE bookings.member_id = %(member)s AND bookings.starts_at {side} statement_timestamp() {behind}
             ORDER BY bookings.starts_at {order}, bookings.id {order}
             LIMIT %(limit)s
            """
        ).format(bookings=_BOOKINGS, side=side, order=order, behind=behind if after else SQL("")),
        {
            "member": member_id,
            "after_start": after and after[0],
            "after_id": after and after[1],
            "limit": limit,
        },
    )
    return [my_booking_from(row) for row in rows]


def my_booking_from(row: tuple[Any, ...]) -> MyBooking:
    """Map the columns of `BOOKING_COLUMNS`, in their order."""
    session = scheduled_session_from(row[:SESSION_COLUMNS_COUNT])
    id_, member_id, pass_id, status, position, booked_at, promoted_at, *rest = row[SESSION_COLUMNS_COUNT:]
    cancelled_at, skipped, offered_until, pass_name, ahead = rest
    booking = Booking(
        id=id_,
        member_id=member_id,
        pass_id=pass_id,
        status=BookingStatus(status),
        position=position,
        booked_at=booked_at,
        promoted_at=promoted_at,
        cancelled_at=cancelled_at,
        skipped=tuple(RefusalReason(reason) for reason in skipped or ()),
        offered_until=offered_until,
    )
    is_told = ahead is not None and ahead < COUNTED_AHEAD_MAX
    return MyBooking(booking, session, pass_name, ahead + 1 if is_told else None)
