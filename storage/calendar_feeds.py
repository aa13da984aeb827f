"""Calendar feeds: the secret address of a member's calendar, and the bookings that are shown there."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.sql import SQL

from domain.ids import MemberId
from storage.database import Db
from storage.queries.bookings import BOOKING_COLUMNS, BOOKING_JOINS, MyBooking, my_booking_from

SHOWN_DAYS_BACK = 30

# A booking that lost its place before it had one, by leaving the line, never was in a calendar: it was never charged.
# The command at the session's position is the last one applied to the session, so the state shown dates from then.
_SHOWN = SQL(
    """
    SELECT {columns}, latest.applied_at
      FROM bookings {joins}
      JOIN commands AS latest
        ON latest.training_session_id = bookings.training_session_id AND latest.position = training_sessions.position
     WHERE bookings.member_id = %(member)s
       AND bookings.starts_at >= statement_timestamp() - make_interval(days => %(days)s)
       AND (bookings.status = 'confirmed'
            OR bookings.status = 'cancelled' AND EXISTS (
               SELECT FROM pass_ledger WHERE pass_ledger.booking_id = bookings.id AND pass_ledger.change = -1))
     ORDER BY bookings.starts_at, bookings.id
     LIMIT %(limit)s
    """
).format(columns=BOOKING_COLUMNS, joins=BOOKING_JOINS)


@dataclass(frozen=True, slots=True)
class FeedOwner:
    """Whose calendar an address shows, and of which studio."""

    member_id: MemberId
    studio_name: str


@dataclass(frozen=True, slots=True)
class ShownBooking:
    """A booking, and since when it and its session stand as they do."""

    mine: MyBooking
    changed_at: datetime


def open_calendar_feed(db: Db, member_id: MemberId, *, secret_hash: bytes) -> datetime | None:
    """Give the member's calendar this secret, and return when; None if there is no such member.

    The secret before it ends at the same moment. Asked again with the same secret it comes to the same.
    """
    row = db.execute(
        """
        INSERT INTO calendar_feeds (member_id, secret_hash, created_at)
        SELECT id, %s, statement_timestamp() FROM members WHERE id = %s AND removed_at IS NULL
        ON CONFLICT (member_id) DO UPDATE SET secret_hash = excluded.secret_hash, created_at = excluded.created_at
        RETURNING created_at
        """,
        (secret_hash, member_id),
    ).fetchone()
    return None if row is None else row[0]


def calendar_feed_made_at(db: Db, member_id: MemberId) -> datetime | None:
    """Return when the address that the member's calendar has now was made; None without one."""
    row = db.execute("SELECT created_at FROM calendar_feeds WHERE member_id = %s", (member_id,)).fetchone()
    return None if row is None else row[0]


def end_calendar_feed(db: Db, member_id: MemberId) -> None:
    """End the address of the member's calendar; without one nothing is done."""
    db.execute("DELETE FROM calendar_feeds WHERE member_id = %s", (member_id,))


def find_calendar_feed(db: Db, secret_hash: bytes) -> FeedOwner | None:
    """Return what the address with this secret shows; None for one that does not hold, or does not any more."""
    row = db.execute(
        "SELECT calendar_feeds.member_id, studio.name FROM calendar_feeds CROSS JOIN studio WHERE secret_hash = %s",
        (secret_hash,),
    ).fetchone()
    return None if row is None else FeedOwner(*row)


def list_shown_bookings(db: Db, member_id: MemberId, *, limit: int) -> list[ShownBooking]:
    """Return the member's places from 30 days back on in order of their start, at most `limit`, in one question.

    Those that were given up or whose session was cancelled are among them, those who only wait are not.
    """
    rows = db.execute(_SHOWN, {"member": member_id, "days": SHOWN_DAYS_BACK, "limit": limit})
    return [ShownBooking(my_booking_from(row[:-1]), row[-1]) for row in rows]
