"""The roster of a session: who has a place, who waits and who was passed over, as staff see them."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row
from psycopg.sql import SQL, Composed

from domain.facts import BookingStatus
from domain.ids import BookingId, MemberId, PassId, TrainingSessionId
from domain.refusals import RefusalReason
from storage.database import Db
from storage.journal import snapshot
from storage.queries.schedule import ScheduledSession, find_session

_COLUMNS = SQL(
    """
    bookings.id, bookings.member_id, members.name AS member_name, members.guest, bookings.pass_id,
    pass_types.name AS pass_name,
    bookings.position, bookings.booked_at, bookings.promoted_at, bookings.offered_until,
    bookings.skipped AS skipped_for,
    CASE WHEN commands.actor_is_staff THEN coalesce(actors.name, '') END AS booked_by,
    attendances.attendance, attendances.noted_at AS attendance_at, noters.name AS attendance_by
    """
)
_JOINS = SQL(
    """
    JOIN members ON members.id = bookings.member_id
    JOIN passes ON passes.id = bookings.pass_id
    JOIN pass_types ON pass_types.id = passes.pass_type_id
    JOIN commands ON commands.id = bookings.id
    LEFT JOIN members AS actors ON actors.id = commands.actor_id
    LEFT JOIN attendances ON attendances.booking_id = bookings.id
    LEFT JOIN members AS noters ON noters.id = attendances.noted_by
    """
)
_CONFIRMED = SQL("bookings.status = 'confirmed'")
_OFFERED = SQL("bookings.status = 'offered'")
_WAITING = SQL("bookings.status = 'waitlisted' AND bookings.skipped IS NULL")
_SKIPPED = SQL("bookings.status = 'waitlisted' AND bookings.skipped IS NOT NULL")


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A live booking with whose it is; `booked_by` names who of the staff made it, None where the member did.

    `attendance` is what staff noted of who came, with when and by whom.
    """

    id: BookingId
    member_id: MemberId
    member_name: str
    guest: bool
    pass_id: PassId
    pass_name: str
    position: int
    booked_at: datetime
    promoted_at: datetime | None
    offered_until: datetime | None
    skipped_for: list[str] | None
    booked_by: str | None
    attendance: str | None
    attendance_at: datetime | None
    attendance_by: str | None

    @property
    def skipped(self) -> tuple[RefusalReason, ...]:
        """Why the waiter was passed over."""
        return tuple(RefusalReason(reason) for reason in self.skipped_for or ())


@dataclass(frozen=True, slots=True)
class Roster:
    """A session with its live bookings, each list in order of position and none longer than was asked for."""

    session: ScheduledSession
    confirmed: list[RosterEntry]
    offered: list[RosterEntry]
    waiting: list[RosterEntry]
    skipped: list[RosterEntry]


def find_roster(db: Db, training_session_id: TrainingSessionId, *, limit: int) -> Roster | None:
    """Return who is on the session, at most `limit` in each list; None if there is no such session.

    Counts and lists are of one instant, whatever is applied meanwhile.
    """
    with snapshot(db):
        session = find_session(db, training_session_id)
        if session is None:
            return None
        return Roster(
            session,
            _entries(db, training_session_id, _CONFIRMED, limit),
            _entries(db, training_session_id, _OFFERED, limit),
            _entries(db, training_session_id, _WAITING, limit),
            _entries(db, training_session_id, _SKIPPED, limit),
        )


@dataclass(frozen=True, slots=True)
class FoundBooking:
    """A booking of a session, whatever became of it."""

    entry: RosterEntry
    status: BookingStatus
    session: ScheduledSession


def find_on_roster(db: Db, booking_id: BookingId) -> FoundBooking | None:
    """Return a booking with whose it is; None if there is none with this id, or none yet."""
    with snapshot(db):
        row = db.execute("SELECT training_session_id, status FROM bookings WHERE id = %s", (booking_id,)).fetchone()
        session = None if row is None else find_session(db, row[0])
        if row is None or session is None:
            return None
        query = SQL("SELECT {} FROM bookings {} WHERE bookings.id = %s").format(_COLUMNS, _JOINS)
        with db.cursor(row_factory=class_row(RosterEntry)) as cursor:
            entry = cursor.execute(query, (booking_id,)).fetchone()
        return None if entry is None else FoundBooking(entry, BookingStatus(row[1]), session)


def _entries(db: Db, training_session_id: TrainingSessionId, condition: SQL, limit: int) -> list[RosterEntry]:
    # The bookings are chosen before anything is joined to them: the rest of a long line costs nothing.
    query: Composed = SQL(
        """
        SELECT {columns}
          FROM (SELECT * FROM bookings WHERE training_session_id = %s AND {condition}
                 ORDER BY position LIMIT %s) AS bookings {joins}
         ORDER BY bookings.position
        """
    ).format(columns=_COLUMNS, condition=condition, joins=_JOINS)
    with db.cursor(row_factory=class_row(RosterEntry)) as cursor:
        return cursor.execute(query, (training_session_id, limit)).fetchall()
