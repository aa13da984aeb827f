"""Which event tells whom: pure rules; how a notice travels is not decided here."""

from dataclasses import dataclass
from enum import StrEnum

from domain.commands import AcceptedCommand
from domain.events import (
    BookingCancelled,
    CancelledBy,
    CapacityChanged,
    Charge,
    Event,
    OfferAccepted,
    OfferExpired,
    PlaceOffered,
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
from domain.ids import BookingId, MemberId, PassId
from domain.journal import plain_instant
from domain.outcomes import Applied, Outcome


class NoticeKind(StrEnum):
    """What a notice says."""

    BOOKING_CONFIRMED = "booking_confirmed"
    WAITLISTED = "waitlisted"
    PROMOTED = "promoted"
    PLACE_OFFERED = "place_offered"
    OFFER_EXPIRED = "offer_expired"
    SKIPPED = "skipped"
    BOOKING_CANCELLED = "booking_cancelled"
    LEFT_WAITLIST = "left_waitlist"
    SESSION_RESCHEDULED = "session_rescheduled"
    SESSION_UPDATED = "session_updated"
    SESSION_CANCELLED = "session_cancelled"
    REMINDER = "reminder"
    PASS_RUNNING_LOW = "pass_running_low"  # noqa: S105 - a kind, not a password
    PASS_EXPIRING = "pass_expiring"  # noqa: S105
    PASS_GRANTED = "pass_granted"  # noqa: S105
    PASS_EXTENDED = "pass_extended"  # noqa: S105
    PASS_DEACTIVATED = "pass_deactivated"  # noqa: S105
    PASS_ACTIVATED = "pass_activated"  # noqa: S105
    PASS_CHANGED = "pass_changed"  # noqa: S105
    PASS_REQUEST_DECLINED = "pass_request_declined"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    INVITATION = "invitation"


WITH_A_LINK = frozenset({NoticeKind.PASSWORD_RESET, NoticeKind.INVITATION})
"""Kinds that carry a secret link to their member: told by e-mail alone and always, shown and numbered nowhere."""

OPEN_KINDS = tuple(kind for kind in NoticeKind if kind not in WITH_A_LINK)
"""All other kinds, in order: what the inbox shows, preferences switch and webhooks are told."""

NOT_OF_COMMANDS = WITH_A_LINK | {
    NoticeKind.REMINDER,
    NoticeKind.PASS_EXPIRING,
    NoticeKind.PASS_GRANTED,
    NoticeKind.PASS_EXTENDED,
    NoticeKind.PASS_DEACTIVATED,
    NoticeKind.PASS_ACTIVATED,
    NoticeKind.PASS_CHANGED,
    NoticeKind.PASS_REQUEST_DECLINED,
}
"""Kinds that no command of a session causes: the clock does, the studio by what it does with a pass, or a member who
has no password."""

RUNNING_LOW_AT = 2
"""A pass runs low when a charge leaves this many sessions. Part of the journal: a change needs a migration."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Who must hear what, about a booking, a pass or both, or a request for a pass that was declined.

    `details` holds plain JSON values the message needs beside the session, the booking and the pass.
    """

    kind: NoticeKind
    member_id: MemberId
    booking_id: BookingId | None
    details: dict[str, object]
    pass_id: PassId | None = None


def notices_for(facts: Facts, accepted: AcceptedCommand, outcome: Outcome) -> tuple[Notice, ...]:
    """Return the notices an outcome asks for, by the facts as they stand *after* it was recorded.

    A refusal is answered to whoever asked and tells nobody else.
    """
    if not isinstance(outcome, Applied):
        return ()
    why = getattr(accepted.command, "why", "")
    told = [notice for event in outcome.events for notice in _told_by(event, facts, why)]
    return (*told, *(notice for event in outcome.events for notice in _running_low(event, facts)))


def _told_by(event: Event, facts: Facts, why: str) -> tuple[Notice, ...]:
    match event:
        case SeatBooked(booking_id, member_id) | OfferAccepted(booking_id, member_id):
            return (Notice(NoticeKind.BOOKING_CONFIRMED, member_id, booking_id, {}),)
        case WaitlistJoined(booking_id, member_id, _, place):
            return (Notice(NoticeKind.WAITLISTED, member_id, booking_id, {"place_in_line": place}),)
        case WaiterPromoted() | PlaceOffered() | OfferExpired() | WaiterSkipped():
            return (_to_the_waiter(event),)
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


def _to_the_waiter(event: WaiterPromoted | PlaceOffered | OfferExpired | WaiterSkipped) -> Notice:
    whose = (event.member_id, event.booking_id)
    match event:
        case WaiterPromoted():
            return Notice(NoticeKind.PROMOTED, *whose, {})
        case PlaceOffered(until=until):
            return Notice(NoticeKind.PLACE_OFFERED, *whose, {"until": plain_instant(until)})
        case OfferExpired():
            return Notice(NoticeKind.OFFER_EXPIRED, *whose, {})
        case WaiterSkipped(reasons=reasons):
            return Notice(NoticeKind.SKIPPED, *whose, {"reasons": list(reasons)})


def _running_low(event: Event, facts: Facts) -> tuple[Notice, ...]:
    """Tell of a pass from which the event took a session, if that left few."""
    if not isinstance(event, Charge) or facts.passes[event.pass_id].sessions_left != RUNNING_LOW_AT:
        return ()
    details: dict[str, object] = {"sessions_left": RUNNING_LOW_AT}
    return (Notice(NoticeKind.PASS_RUNNING_LOW, event.member_id, event.booking_id, details, event.pass_id),)


def _ending_kind(event: BookingCancelled | WaitlistLeft) -> NoticeKind:
    if event.by is CancelledBy.SESSION:
        return NoticeKind.SESSION_CANCELLED
    if isinstance(event, WaitlistLeft):
        return NoticeKind.LEFT_WAITLIST
    return NoticeKind.BOOKING_CANCELLED


def _everybody(facts: Facts, kind: NoticeKind, details: dict[str, object]) -> tuple[Notice, ...]:
    return tuple(Notice(kind, booking.member_id, booking.id, details) for booking in facts.roster())
