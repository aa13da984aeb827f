"""The rules for booking a place and for giving it back."""

from datetime import datetime

from domain.events import (
    BookingCancelled,
    CancelledBy,
    Event,
    SeatBooked,
    WaitlistJoined,
    WaitlistLeft,
)
from domain.facts import Booking, BookingStatus, Facts, TrainingSession
from domain.ids import BookingId, MemberId, PassId
from domain.outcomes import Applied, Outcome, Refused
from domain.passes import unusable_reasons
from domain.refusals import RefusalReason
from domain.waitlist import fill_places

_ALREADY = {
    BookingStatus.CONFIRMED: RefusalReason.ALREADY_BOOKED,
    BookingStatus.OFFERED: RefusalReason.ALREADY_OFFERED,
    BookingStatus.WAITLISTED: RefusalReason.ALREADY_WAITLISTED,
}


def book(
    facts: Facts,
    *,
    booking_id: BookingId,
    member_id: MemberId,
    pass_id: PassId,
    now: datetime,
    by_staff: bool = False,
) -> Outcome:
    """Give the member a place, or a place in line when the session is full or others wait for the free one.

    Staff book outside the booking window and beyond the member's limit too, but never into a session that is
    cancelled or has started.
    """
    training_session = facts.training_session
    reasons = _window_reasons(training_session, now, by_staff=by_staff)
    live = facts.live_booking(member_id)
    if live is not None:
        reasons.append(_ALREADY[live.status])
    elif not by_staff and _has_enough(facts, member_id, now):
        reasons.append(RefusalReason.BOOKING_LIMIT_REACHED)
    reasons += unusable_reasons(
        facts.passes.get(pass_id),
        member_id=member_id,
        training_id=training_session.training_id,
        now=now,
    )
    has_place = facts.booked < training_session.capacity
    nobody_first = facts.waiting == 0 or not training_session.promotes_at(now)
    joins_line = not (has_place and nobody_first)
    in_line = facts.waiting + facts.skipped
    limit = training_session.waitlist_limit
    if joins_line and limit is not None and in_line >= limit:
        reasons.append(RefusalReason.WAITLIST_FULL)
    if reasons:
        return Refused(tuple(reasons))
    if joins_line:
        return Applied((WaitlistJoined(booking_id, member_id, pass_id, place_in_line=in_line + 1),))
    return Applied((SeatBooked(booking_id, member_id, pass_id),))


def cancel(
    facts: Facts,
    *,
    booking_id: BookingId,
    now: datetime,
    member_id: MemberId | None = None,
    by: CancelledBy = CancelledBy.MEMBER,
    refund: bool = True,
) -> Outcome:
    """Give a place back, taken or offered, and promote the next in line; or leave the waitlist.

    With a `member_id` the booking must be that member's and the deadlines count: between the last moment of refunding
    and the last of cancelling the pass gets nothing back. Staff pass none, and say themselves whether to `refund`.
    """
    training_session = facts.training_session
    booking = live_booking_of(facts, booking_id, member_id)
    if isinstance(booking, Refused):
        return booking
    if by is CancelledBy.MEMBER:
        if too_late := _too_late_to_cancel(training_session, booking, now):
            return Refused(too_late)
        refund = now < refunding_closes_at(training_session, booking)
    event = ended(booking, by, refund=refund)
    if not booking.has_place:
        return Applied((event,))
    places = training_session.capacity - (facts.booked - 1)
    return Applied((event, *fill_places(facts, places=places, now=now)))


def ended(booking: Booking, by: CancelledBy, *, refund: bool = True) -> Event:
    """Say what ending this live booking means: a refund for a confirmed one, nothing owed for one that waits."""
    if booking.status is BookingStatus.CONFIRMED:
        return BookingCancelled(booking.id, booking.member_id, booking.pass_id, by, refunded=refund)
    return WaitlistLeft(
        booking.id,
        booking.member_id,
        by,
        was_skipped=bool(booking.skipped),
        was_offered=booking.status is BookingStatus.OFFERED,
    )


def live_booking_of(facts: Facts, booking_id: BookingId, member_id: MemberId | None) -> Booking | Refused:
    """Return the booking while it lives; refused for none, and for another member's where a member asks."""
    booking = facts.bookings.get(booking_id)
    if booking is not None and member_id is not None and booking.member_id != member_id:
        return Refused((RefusalReason.BOOKING_NOT_YOURS,))
    if booking is None or not booking.is_live:
        cancelled = facts.training_session.cancelled
        return Refused((RefusalReason.SESSION_CANCELLED if cancelled else RefusalReason.BOOKING_NOT_FOUND,))
    return booking


def cancelling_closes_at(training_session: TrainingSession, booking: Booking) -> datetime:
    """The first instant at which the member may no longer cancel this booking.

    A waiter may always leave until the start, and an offer be declined. A confirmed booking follows the session's
    deadline, but a promoted member has at least the grace time, and a rescheduled session may be cancelled freely for
    a while.
    """
    if booking.status is not BookingStatus.CONFIRMED:
        return training_session.starts_at
    return _with_grace(training_session, booking, training_session.cancelling_closes_at)


def refunding_closes_at(training_session: TrainingSession, booking: Booking) -> datetime:
    """The first instant at which cancelling this booking brings nothing back; as long as it can be cancelled or less.

    A promoted member's grace and the free cancelling after a reschedule are with a refund.
    """
    return _with_grace(training_session, booking, training_session.refunding_closes_at)


def _with_grace(training_session: TrainingSession, booking: Booking, closes: datetime) -> datetime:
    if booking.promoted_at is not None:
        closes = max(closes, booking.promoted_at + training_session.promotion_grace)
    if training_session.free_cancelling_until is not None:
        closes = max(closes, training_session.free_cancelling_until)
    return min(closes, training_session.starts_at)


def _has_enough(facts: Facts, member_id: MemberId, now: datetime) -> bool:
    limit = facts.training_session.policies.upcoming_limit
    return limit is not None and len(facts.upcoming_at(member_id, now)) >= limit


def _window_reasons(training_session: TrainingSession, now: datetime, *, by_staff: bool) -> list[RefusalReason]:
    reasons = []
    if training_session.cancelled:
        reasons.append(RefusalReason.SESSION_CANCELLED)
    opens_at = training_session.booking_opens_at
    if now >= training_session.starts_at:
        reasons.append(RefusalReason.SESSION_STARTED)
    elif by_staff:
        return reasons
    elif now >= training_session.booking_closes_at:
        reasons.append(RefusalReason.BOOKING_CLOSED)
    elif opens_at is not None and now < opens_at:
        reasons.append(RefusalReason.BOOKING_NOT_OPEN)
    return reasons


def _too_late_to_cancel(
    training_session: TrainingSession, booking: Booking, now: datetime
) -> tuple[RefusalReason, ...]:
    if now >= training_session.starts_at:
        return (RefusalReason.SESSION_STARTED,)
    if now >= cancelling_closes_at(training_session, booking):
        return (RefusalReason.CANCELLATION_CLOSED,)
    return ()
