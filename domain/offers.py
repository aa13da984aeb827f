"""The rules for a place that is offered: accepting it in time, and what becomes of it otherwise."""

from datetime import datetime

from domain.booking import live_booking_of
from domain.events import OfferAccepted, OfferExpired
from domain.facts import BookingStatus, Facts
from domain.ids import BookingId, MemberId
from domain.outcomes import Applied, Outcome, Refused
from domain.passes import unusable_reasons
from domain.refusals import RefusalReason
from domain.waitlist import fill_places


def accept(facts: Facts, *, booking_id: BookingId, member_id: MemberId | None, now: datetime) -> Outcome:
    """Take the place that is offered; the pass of the booking pays, and must be able to at this moment.

    With a `member_id` the booking must be that member's; staff, who accept for anybody, pass none. An offer that has
    ended is refused, whether or not it was swept away yet. One refused for its pass stands.
    """
    training_session = facts.training_session
    booking = live_booking_of(facts, booking_id, member_id)
    if isinstance(booking, Refused):
        gone = facts.bookings.get(booking_id)
        expired = gone is not None and gone.member_id == (member_id or gone.member_id) and gone.offer_ended_at(now)
        return Refused((RefusalReason.OFFER_EXPIRED,)) if expired and not training_session.cancelled else booking
    if booking.status is BookingStatus.CONFIRMED:
        return Refused((RefusalReason.ALREADY_BOOKED,))
    if booking.status is BookingStatus.WAITLISTED:
        return Refused((RefusalReason.NOT_OFFERED,))
    if now >= training_session.starts_at:
        return Refused((RefusalReason.SESSION_STARTED,))
    if booking.offer_ended_at(now):
        return Refused((RefusalReason.OFFER_EXPIRED,))
    reasons = unusable_reasons(
        facts.passes.get(booking.pass_id),
        member_id=booking.member_id,
        training_id=training_session.training_id,
        now=now,
    )
    if reasons:
        return Refused(reasons)
    return Applied((OfferAccepted(booking.id, booking.member_id, booking.pass_id),))


def expire(facts: Facts, *, now: datetime) -> Outcome:
    """End every offer that was not accepted in time, in order, and give the places to the next in line.

    Who let an offer pass leaves the line. Asked too early, or twice, nothing happens.
    """
    due = sorted(
        (one for one in facts.bookings.values() if one.status is BookingStatus.OFFERED and one.offer_ended_at(now)),
        key=lambda booking: booking.position,
    )
    places = facts.training_session.capacity - (facts.booked - len(due))
    ended = (OfferExpired(one.id, one.member_id) for one in due)
    return Applied((*ended, *fill_places(facts, places=places, now=now))) if due else Applied(())
