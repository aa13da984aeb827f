"""The roster of a session, as staff see it."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.models.common import Answer, Instant, Named, Reason
from api.models.sessions import Session
from domain.attendance import Attendance
from storage.queries import roster


class RosterEntry(Answer):
    """A live booking and whose it is."""

    booking_id: UUID
    member: Named
    guest: bool = Field(description="Whether the member is on sessions by name, without an account.")
    pass_: Named = Field(alias="pass", description="The pass that pays, or is to pay.")
    position: int = Field(description="Its place in the session's order of commands, which is the order of the line.")
    booked_at: Instant
    booked_by: str | None = Field(description="Who of the staff booked; null where the member did.")
    promoted_at: Instant | None = Field(description="When it moved up from the line.")
    offered_until: Instant | None = Field(description="Until when the last place that was offered was to be accepted.")
    skipped: list[Reason] = Field(description="Why the waiter was passed over; the place in line is kept.")
    attendance: Attendance | None = Field(description="Whether the member came, as staff noted it.")
    attendance_at: Instant | None = Field(description="When that was noted.")
    attendance_by: str | None = Field(description="Who noted it.")

    @classmethod
    def of(cls, entry: roster.RosterEntry) -> "RosterEntry":
        """Return the booking as the roster shows it."""
        values = {
            "booking_id": entry.id,
            "member": Named(id=entry.member_id, name=entry.member_name),
            "guest": entry.guest,
            "pass": Named(id=entry.pass_id, name=entry.pass_name),
            "position": entry.position,
            "booked_at": entry.booked_at,
            "booked_by": entry.booked_by,
            "promoted_at": entry.promoted_at,
            "offered_until": entry.offered_until,
            "skipped": Reason.all_of(entry.skipped),
            "attendance": entry.attendance,
            "attendance_at": entry.attendance_at,
            "attendance_by": entry.attendance_by,
        }
        return cls.model_validate(values)


class StaffBooking(RosterEntry):
    """A booking with its session, whatever became of it."""

    status: Literal["confirmed", "offered", "waitlisted", "cancelled"]
    session: Session

    @classmethod
    def of_found(cls, found: roster.FoundBooking) -> "StaffBooking":
        """Return the booking with its session."""
        entry = RosterEntry.of(found.entry).model_dump(by_alias=True)
        return cls.model_validate({**entry, "status": str(found.status), "session": Session.of(found.session)})


class Roster(Answer):
    """Who has a place, who waits and who was passed over; each list in order of position, at most 1000 long."""

    session: Session
    confirmed: list[RosterEntry]
    offered: list[RosterEntry] = Field(description="To whom a place is offered, which counts as taken meanwhile.")
    waiting: list[RosterEntry] = Field(description="The line: the first is the next to get a place.")
    skipped: list[RosterEntry] = Field(description="Waiters whose pass could not pay when a place was free.")
    confirmed_not_listed: int = Field(description="How many more have a place, or are offered one.")
    waitlisted_not_listed: int = Field(description="How many more wait or were passed over.")

    @classmethod
    def of(cls, found: roster.Roster) -> "Roster":
        """Return the roster, with how many it leaves out."""
        return cls(
            session=Session.of(found.session),
            confirmed=[RosterEntry.of(one) for one in found.confirmed],
            offered=[RosterEntry.of(one) for one in found.offered],
            waiting=[RosterEntry.of(one) for one in found.waiting],
            skipped=[RosterEntry.of(one) for one in found.skipped],
            confirmed_not_listed=found.session.booked - len(found.confirmed) - len(found.offered),
            waitlisted_not_listed=found.session.waitlisted - len(found.waiting) - len(found.skipped),
        )
