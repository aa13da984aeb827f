"""Make a decision true in the working set of facts; the only place that changes a `Facts`.

Live batches, the audit and the tests all come through here, so a replay cannot differ from what was lived.
"""

from dataclasses import replace

from domain.commands import AcceptedCommand
from domain.events import (
    BookingCancelled,
    CapacityChanged,
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
from domain.facts import Booking, BookingStatus, Facts, TrainingSession
from domain.ids import BookingId, PassId
from domain.outcomes import Applied, Outcome


def record(facts: Facts, accepted: AcceptedCommand, outcome: Outcome) -> None:
    """Take the next position and carry the outcome's events, if any, into the facts."""
    facts.position += 1
    if isinstance(outcome, Applied):
        for event in outcome.events:
            _record_event(facts, accepted, event)


def moved(training_session: TrainingSession, event: SessionRescheduled | SessionUpdated) -> TrainingSession:
    """Return the session as it stands after a reschedule or an update; booking opens as long before the new start."""
    if isinstance(event, SessionUpdated):
        return replace(training_session, trainer_id=event.trainer_id, space_id=event.space_id)
    opens_at = training_session.booking_opens_at
    return replace(
        training_session,
        starts_at=event.starts_at,
        lasts_minutes=event.lasts_minutes,
        trainer_id=event.trainer_id,
        space_id=event.space_id,
        free_cancelling_until=event.free_cancelling_until,
        booking_opens_at=opens_at and opens_at + (event.starts_at - training_session.starts_at),
    )


def _record_event(facts: Facts, accepted: AcceptedCommand, event: Event) -> None:
    match event:
        case SeatBooked() | WaitlistJoined():
            _record_new_booking(facts, accepted, event)
        case BookingCancelled():
            facts.booked -= 1
            _charge(facts, event.pass_id, -int(event.refunded))
            _end(facts, accepted, event.booking_id)
        case WaitlistLeft():
            facts.waiting -= not (event.was_skipped or event.was_offered)
            facts.skipped -= event.was_skipped
            facts.booked -= event.was_offered
            _end(facts, accepted, event.booking_id)
        case OfferExpired():
            facts.booked -= 1
            _end(facts, accepted, event.booking_id)
        case WaiterPromoted() | PlaceOffered() | OfferAccepted() | WaiterSkipped() | WaiterReturned():
            _record_waiter(facts, accepted, event)
        case CapacityChanged():
            facts.training_session = replace(facts.training_session, capacity=event.after)
        case SessionRescheduled() | SessionUpdated():
            facts.training_session = moved(facts.training_session, event)
        case SessionCancelled():
            facts.training_session = replace(facts.training_session, cancelled=True)


def _record_waiter(
    facts: Facts,
    accepted: AcceptedCommand,
    event: WaiterPromoted | PlaceOffered | OfferAccepted | WaiterSkipped | WaiterReturned,
) -> None:
    match event:
        case WaiterPromoted():
            facts.waiting -= 1
            facts.booked += 1
            _charge(facts, event.pass_id, 1)
            _change(facts, event.booking_id, status=BookingStatus.CONFIRMED, promoted_at=accepted.accepted_at)
        case PlaceOffered():
            facts.waiting -= 1
            facts.booked += 1
            _change(facts, event.booking_id, status=BookingStatus.OFFERED, offered_until=event.until)
        case OfferAccepted():
            _charge(facts, event.pass_id, 1)
            _change(facts, event.booking_id, status=BookingStatus.CONFIRMED, promoted_at=accepted.accepted_at)
        case WaiterSkipped():
            facts.waiting -= 1
            facts.skipped += 1
            _change(facts, event.booking_id, skipped=event.reasons)
        case WaiterReturned():
            facts.skipped -= 1
            facts.waiting += 1
            _change(facts, event.booking_id, skipped=())


def _record_new_booking(facts: Facts, accepted: AcceptedCommand, event: SeatBooked | WaitlistJoined) -> None:
    confirmed = isinstance(event, SeatBooked)
    if confirmed:
        facts.booked += 1
        _charge(facts, event.pass_id, 1)
    else:
        facts.waiting += 1
    facts.add_booking(
        Booking(
            id=event.booking_id,
            member_id=event.member_id,
            pass_id=event.pass_id,
            status=BookingStatus.CONFIRMED if confirmed else BookingStatus.WAITLISTED,
            position=facts.position,
            booked_at=accepted.accepted_at,
        )
    )


def _end(facts: Facts, accepted: AcceptedCommand, booking_id: BookingId) -> None:
    _change(facts, booking_id, status=BookingStatus.CANCELLED, skipped=(), cancelled_at=accepted.accepted_at)
    del facts.live[facts.bookings[booking_id].member_id]


def _change(facts: Facts, booking_id: BookingId, **changes: object) -> None:
    before = facts.bookings[booking_id]
    after = replace(before, **changes)  # type: ignore[arg-type] # the callers above name real fields
    facts.bookings[booking_id] = after
    if before.waits != after.waits:
        facts.move_in_line(after)


def _charge(facts: Facts, pass_id: PassId, sessions: int) -> None:
    pass_ = facts.passes[pass_id]
    if pass_.sessions_left is not None:
        facts.passes[pass_id] = replace(pass_, sessions_left=pass_.sessions_left - sessions)
