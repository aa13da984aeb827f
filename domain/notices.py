"""Which event tells whom: pure rules; how a notice travels is not decided here."""

from dataclasses import dataclass
from enum import StrEnum

from domain.commands import AcceptedCommand
from domain.events import (
    BookingCancelled,
    CancelledBy,
    CapacityChanged,
    Event,
    SeatBooked,
    SessionCancelled,
    SessionRescheduled,
    SessionUpdated,
    WaiterPromoted,
    WaiterReturned,
    WaiterSkipped,
    WaitlistJoined,
    WaitlistLeft,
)
from domain.facts import Facts
from domain.ids import BookingId, MemberId
from domain.journal import plain_instant
from domain.outcomes import Applied, Outcome


class NoticeKind(StrEnum):
    """What a notice says."""

    BOOKING_CONFIRMED = "booking_confirmed"
    WAITLISTED = "waitlisted"
    PROMOTED = "promoted"
    SKIPPED = "skipped"
    BOOKING_CANCELLED = "booking_cancelled"
    LEFT_WAITLIST = "left_waitlist"
    SESSION_RESCHEDULED = "session_rescheduled"
    SESSION_UPDATED = "session_updated"
    SESSION_CANCELLED = "session_cancelled"


@dataclass(frozen=True, slots=True)
class Notice:
    """Who must hear what; `details` holds plain JSON values the message needs beside the session and booking."""

    kind: NoticeKind
    member_id: MemberId
    booking_id: BookingId
    details: dict[str, object]


def notices_for(facts: Facts, accepted: AcceptedCommand, outcome: Outcome) -> tuple[Notice, ...]:
    """Return the notices an outcome asks for, by the facts as they stand *after* it was recorded.

    A refusal is answered to whoever asked and tells nobody else.
    """
    if not isinstance(outcome, Applied):
        return ()
    why = getattr(accepted.command, "why", "")
    return tuple(notice for event in outcome.events for notice in _told_by(event, facts, why))


def _told_by(event: Event, facts: Facts, why: str) -> tuple[Notice, ...]:
    match event:
        case SeatBooked(booking_id, member_id):
            return (Notice(NoticeKind.BOOKING_CONFIRMED, member_id, booking_id, {}),)
        case WaitlistJoined(booking_id, member_id, _, place):
            return (Notice(NoticeKind.WAITLISTED, member_id, booking_id, {"place_in_line": place}),)
        case WaiterPromoted(booking_id, member_id):
            return (Notice(NoticeKind.PROMOTED, member_id, booking_id, {}),)
        case WaiterSkipped(booking_id, member_id, _, reasons):
            return (Notice(NoticeKind.SKIPPED, member_id, booking_id, {"reasons": list(reasons)}),)
        case BookingCancelled(booking_id, member_id, _, by) | WaitlistLeft(booking_id, member_id, by):
            return (Notice(_ending_kind(event), member_id, booking_id, {"by": str(by), "why": why}),)
        case SessionRescheduled(starts_at, free_cancelling_until=free_until):
            details: dict[str, object] = {
                "starts_at": plain_instant(starts_at),
                "free_cancelling_until": plain_instant(free_until),
            }
            return _everybody(facts, NoticeKind.SESSION_RESCHEDULED, details)
        case SessionUpdated():
            return _everybody(facts, NoticeKind.SESSION_UPDATED, {})
        case SessionCancelled() | CapacityChanged() | WaiterReturned():
            # Each booking a cancelled session ends tells its member; the other two change nobody's place.
            return ()


def _ending_kind(event: BookingCancelled | WaitlistLeft) -> NoticeKind:
    if event.by is CancelledBy.SESSION:
        return NoticeKind.SESSION_CANCELLED
    if isinstance(event, WaitlistLeft):
        return NoticeKind.LEFT_WAITLIST
    return NoticeKind.BOOKING_CANCELLED


def _everybody(facts: Facts, kind: NoticeKind, details: dict[str, object]) -> tuple[Notice, ...]:
    return tuple(Notice(kind, booking.member_id, booking.id, details) for booking in facts.roster())
