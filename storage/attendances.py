"""Note who came. It is no part of the journal: it decides nothing about places, and may be changed at any time."""

from enum import Enum

from domain.attendance import Attendance
from domain.facts import BookingStatus
from domain.ids import BookingId, MemberId
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.database import Db
from storage.staff_changes import note_change


class Noted(Enum):
    """What came of noting it."""

    CHANGED = "changed"
    AS_BEFORE = "as before"
    NO_SUCH_BOOKING = "no such booking"
    NO_PLACE = "no place"


def note_attendance(db: Db, booking_id: BookingId, attendance: Attendance | None, *, actor_id: MemberId) -> Noted:
    """Note who came, with who noted it and when, in one transaction; None takes the note back. Twice is once.

    Locks the booking, so that of two notes at once the second finds the first.
    """
    with db.transaction():
        row = db.execute("SELECT status FROM bookings WHERE id = %s FOR NO KEY UPDATE", (booking_id,)).fetchone()
        if row is None:
            return Noted.NO_SUCH_BOOKING
        if row[0] != BookingStatus.CONFIRMED:
            return Noted.NO_PLACE
        # A statement of its own, so that it sees what whoever held the lock before has committed.
        found = db.execute("SELECT attendance FROM attendances WHERE booking_id = %s", (booking_id,)).fetchone()
        before = None if found is None else Attendance(found[0])
        if before is attendance:
            return Noted.AS_BEFORE
        _write(db, booking_id, attendance, actor_id)
        change = StaffChange(
            ChangeKind.ATTENDANCE_NOTED,
            Subject.BOOKING,
            booking_id,
            before={"attendance": before},
            after={"attendance": attendance},
        )
        note_change(db, actor_id, change)
        return Noted.CHANGED


def _write(db: Db, booking_id: BookingId, attendance: Attendance | None, actor_id: MemberId) -> None:
    if attendance is None:
        db.execute("DELETE FROM attendances WHERE booking_id = %s", (booking_id,))
        return
    db.execute(
        """
        INSERT INTO attendances (booking_id, attendance, noted_by) VALUES (%s, %s, %s)
        ON CONFLICT (booking_id) DO UPDATE
           SET attendance = excluded.attendance, noted_by = excluded.noted_by, noted_at = statement_timestamp()
        """,
        (booking_id, attendance, actor_id),
    )
