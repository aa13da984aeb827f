"""One command in, one outcome out: the table of contents of the rules."""

from datetime import datetime

from domain import booking, offers, training_session, waitlist
from domain.commands import (
    AcceptedCommand,
    AcceptOffer,
    Actor,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ChangesTheSession,
    ClearBookings,
    ExpireOffers,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.events import CancelledBy
from domain.facts import Facts
from domain.ids import BookingId, CommandId
from domain.outcomes import Outcome, Refused
from domain.refusals import RefusalReason


def decide(facts: Facts, accepted: AcceptedCommand) -> Outcome:
    """Decide one command by the facts; changes nothing.

    Raises `MoreFactsNeeded` when the decision reaches beyond the facts at hand: load more and decide again.
    """
    if not _may_ask(accepted):
        return Refused((RefusalReason.NOT_PERMITTED,))
    now = accepted.accepted_at
    command = accepted.command
    match command:
        case BookSeat() | CancelBooking() | AcceptOffer():
            return _for_the_member(facts, accepted.id, command, accepted.actor, now=now)
        case BookForMember(member_id, pass_id):
            return booking.book(
                facts,
                booking_id=BookingId(accepted.id),
                member_id=member_id,
                pass_id=pass_id,
                now=now,
                by_staff=True,
            )
        case CancelForMember(booking_id, refund=refund):
            return booking.cancel(facts, booking_id=booking_id, now=now, by=CancelledBy.STAFF, refund=refund)
        case ChangeCapacity() | RescheduleSession() | ClearBookings() | CancelSession():
            return _for_the_session(facts, command, now=now)
        case ReconsiderWaitlist(pass_id):
            return waitlist.reconsider(facts, pass_id=pass_id, now=now)
        case ExpireOffers():
            return offers.expire(facts, now=now)


def _for_the_member(
    facts: Facts, id_: CommandId, command: BookSeat | CancelBooking | AcceptOffer, actor: Actor, *, now: datetime
) -> Outcome:
    member_id = actor.member_id
    assert member_id is not None  # noqa: S101 - _may_ask has seen to it
    match command:
        case BookSeat(pass_id):
            return booking.book(facts, booking_id=BookingId(id_), member_id=member_id, pass_id=pass_id, now=now)
        case CancelBooking(booking_id):
            return booking.cancel(facts, booking_id=booking_id, now=now, member_id=member_id)
        case AcceptOffer(booking_id):
            whose = None if actor.is_staff else member_id
            return offers.accept(facts, booking_id=booking_id, member_id=whose, now=now)


def _for_the_session(facts: Facts, command: ChangesTheSession, *, now: datetime) -> Outcome:
    match command:
        case ChangeCapacity(capacity):
            return training_session.change_capacity(facts, capacity=capacity, now=now)
        case RescheduleSession():
            return training_session.reschedule(facts, command, now=now)
        case ClearBookings(refund=refund):
            return training_session.clear_bookings(facts, refund=refund)
        case CancelSession(why):
            return training_session.cancel_session(facts, why=why)


def _may_ask(accepted: AcceptedCommand) -> bool:
    """Members ask for themselves, staff for the studio, and only Seatline itself reconsiders and ends offers."""
    actor = accepted.actor
    match accepted.command:
        case BookSeat() | CancelBooking() | AcceptOffer():
            return actor.member_id is not None
        case ReconsiderWaitlist() | ExpireOffers():
            return actor.member_id is None
        case (
            BookForMember()
            | CancelForMember()
            | ChangeCapacity()
            | RescheduleSession()
            | ClearBookings()
            | CancelSession()
        ):
            return actor.is_staff
