"""A place that is offered: who gets the offer, until when, and what becomes of it."""

from datetime import datetime, timedelta

import pytest

from domain.booking import cancelling_closes_at
from domain.commands import CancelForMember, CancelSession, ChangeCapacity, ExpireOffers
from domain.events import (
    CancelledBy,
    CapacityChanged,
    OfferAccepted,
    OfferExpired,
    PlaceOffered,
    SessionCancelled,
    WaiterSkipped,
    WaitlistJoined,
    WaitlistLeft,
)
from domain.facts import BookingStatus, Facts, Pass
from domain.notices import Notice, NoticeKind, notices_for
from domain.policies import Offer, Policies
from domain.refusals import RefusalReason
from tests.builders import (
    NOW,
    SEATLINE,
    START,
    TICK,
    a_pass,
    a_training_session,
    accepts,
    asked,
    booking_of,
    books,
    cancels,
    events_of,
    facts_of,
    play,
    reasons_of,
)

HALF_AN_HOUR = timedelta(minutes=30)
UNTIL = NOW + HALF_AN_HOUR
OFFERS = Policies(offer=Offer(30))
ONE_PLACE = a_training_session(capacity=1, policies=OFFERS)
ANN, BEN, CAT = a_pass("ann", sessions_left=1), a_pass("ben"), a_pass("cat")


def offered(*more: Pass, pass_: Pass = ANN) -> Facts:
    """Return facts in which Ben has given his place back and it is offered to Ann; `more` wait behind her."""
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[pass_, *more])
    play(facts, cancels(BEN))
    return facts


def test_a_free_place_is_offered_to_the_next_in_line_and_nothing_is_taken() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN, CAT])

    _, event = events_of(play(facts, cancels(BEN)))

    assert event == PlaceOffered(booking_of(ANN), ANN.member_id, ANN.id, UNTIL)
    booking = facts.bookings[booking_of(ANN)]
    assert (booking.status, booking.offered_until) == (BookingStatus.OFFERED, UNTIL)
    assert facts.passes[ANN.id].sessions_left == 1
    assert (facts.booked, facts.waiting) == (1, 1), "the place counts as taken"


def test_nobody_books_past_an_offer() -> None:
    facts = offered()
    facts.passes[CAT.id] = CAT

    (event,) = events_of(play(facts, books(CAT)))

    assert isinstance(event, WaitlistJoined)


def test_who_cannot_pay_is_skipped_and_the_one_behind_gets_the_offer() -> None:
    empty = a_pass("dan", sessions_left=0)
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[empty, ANN])

    _, skipped, event = events_of(play(facts, cancels(BEN)))

    assert isinstance(skipped, WaiterSkipped)
    assert isinstance(event, PlaceOffered)
    assert event.member_id == ANN.member_id


def test_accepting_takes_one_session_and_the_place_is_a_promoted_one() -> None:
    facts = offered()

    outcome = play(facts, accepts(ANN, at=UNTIL - TICK))

    assert events_of(outcome) == (OfferAccepted(booking_of(ANN), ANN.member_id, ANN.id),)
    booking = facts.bookings[booking_of(ANN)]
    assert (booking.status, booking.promoted_at) == (BookingStatus.CONFIRMED, UNTIL - TICK)
    assert facts.passes[ANN.id].sessions_left == 0
    assert (facts.booked, facts.waiting) == (1, 0)


def test_an_offer_ends_at_the_microsecond_it_says_whether_or_not_it_was_swept_away() -> None:
    assert reasons_of(play(offered(), accepts(ANN, at=UNTIL))) == (RefusalReason.OFFER_EXPIRED,)
    swept = offered()
    play(swept, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))
    assert reasons_of(play(swept, accepts(ANN, at=UNTIL))) == (RefusalReason.OFFER_EXPIRED,)


def test_who_accepts_twice_is_told_of_the_place_and_pays_once() -> None:
    facts = offered()
    play(facts, accepts(ANN))

    assert reasons_of(play(facts, accepts(ANN))) == (RefusalReason.ALREADY_BOOKED,)
    assert facts.passes[ANN.id].sessions_left == 0


def test_a_pass_used_up_meanwhile_refuses_and_the_offer_stands() -> None:
    facts = offered()
    facts.passes[ANN.id] = a_pass("ann", sessions_left=0)

    assert reasons_of(play(facts, accepts(ANN))) == (RefusalReason.PASS_EXHAUSTED,)
    facts.passes[ANN.id] = ANN
    assert isinstance(events_of(play(facts, accepts(ANN)))[0], OfferAccepted)


def test_staff_accept_for_a_member_who_called_and_not_too_late() -> None:
    facts = offered()

    outcome = play(facts, asked(accepts(ANN).command, at=UNTIL - TICK))

    assert events_of(outcome) == (OfferAccepted(booking_of(ANN), ANN.member_id, ANN.id),)
    assert reasons_of(play(offered(), asked(accepts(ANN).command, at=UNTIL))) == (RefusalReason.OFFER_EXPIRED,)
    swept = offered()
    play(swept, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))
    assert reasons_of(play(swept, asked(accepts(ANN).command, at=UNTIL))) == (RefusalReason.OFFER_EXPIRED,)


def test_another_members_offer_cannot_be_accepted() -> None:
    facts = offered(CAT)
    stolen = asked(accepts(ANN).command, by=CAT.member_id)

    assert reasons_of(play(facts, stolen)) == (RefusalReason.BOOKING_NOT_YOURS,)


def test_an_offer_not_accepted_in_time_goes_to_the_next_and_the_member_leaves_the_line() -> None:
    facts = offered(CAT)

    outcome = play(facts, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))

    assert events_of(outcome) == (
        OfferExpired(booking_of(ANN), ANN.member_id),
        PlaceOffered(booking_of(CAT), CAT.member_id, CAT.id, UNTIL + HALF_AN_HOUR),
    )
    assert facts.live_booking(ANN.member_id) is None
    assert (facts.booked, facts.waiting) == (1, 0)
    assert facts.passes[ANN.id].sessions_left == 1


@pytest.mark.parametrize("at", [NOW, UNTIL - TICK])
def test_ending_offers_too_early_or_twice_does_nothing(at: datetime) -> None:
    facts = offered(CAT)
    assert events_of(play(facts, asked(ExpireOffers(), by=SEATLINE, at=at))) == ()

    play(facts, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))
    assert events_of(play(facts, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))) == ()


def test_all_offers_that_are_due_end_in_order_at_once() -> None:
    session = a_training_session(capacity=2, policies=OFFERS)
    facts = facts_of(session, waiting=[ANN, CAT])
    play(facts, asked(ChangeCapacity(3)))

    outcome = play(facts, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))

    assert [type(event) for event in events_of(outcome)] == [OfferExpired, OfferExpired]
    assert [event.member_id for event in events_of(outcome) if isinstance(event, OfferExpired)] == [
        ANN.member_id,
        CAT.member_id,
    ]


def test_declining_gives_the_place_to_the_next_at_once() -> None:
    facts = offered(CAT)

    left, event = events_of(play(facts, cancels(ANN)))

    assert left == WaitlistLeft(booking_of(ANN), ANN.member_id, CancelledBy.MEMBER, was_skipped=False, was_offered=True)
    assert isinstance(event, PlaceOffered)
    assert event.member_id == CAT.member_id
    assert (facts.booked, facts.waiting) == (1, 0)


def test_an_offer_can_be_declined_until_the_start_and_staff_may_take_it_back() -> None:
    facts = offered()
    assert cancelling_closes_at(facts.training_session, facts.bookings[booking_of(ANN)]) == START

    taken = events_of(play(facts, asked(CancelForMember(booking_of(ANN), "ill"))))
    assert taken[0] == WaitlistLeft(
        booking_of(ANN), ANN.member_id, CancelledBy.STAFF, was_skipped=False, was_offered=True
    )


def test_a_lowered_capacity_keeps_the_offer_and_its_end_gives_the_place_to_nobody() -> None:
    facts = facts_of(
        a_training_session(capacity=2, policies=OFFERS), confirmed=[BEN, a_pass("dan")], waiting=[ANN, CAT]
    )
    play(facts, cancels(BEN), asked(ChangeCapacity(1)))
    assert facts.bookings[booking_of(ANN)].status is BookingStatus.OFFERED

    outcome = play(facts, asked(ExpireOffers(), by=SEATLINE, at=UNTIL))

    assert events_of(outcome) == (OfferExpired(booking_of(ANN), ANN.member_id),)


def test_a_raised_capacity_offers_each_new_place() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN, CAT])

    changed, *events = events_of(play(facts, asked(ChangeCapacity(3))))

    assert isinstance(changed, CapacityChanged)
    assert [type(event) for event in events] == [PlaceOffered, PlaceOffered]


def test_a_cancelled_session_ends_the_offers_and_refunds_nothing_for_them() -> None:
    facts = offered()

    events = events_of(play(facts, asked(CancelSession("ill"))))

    assert isinstance(events[0], SessionCancelled)
    assert events[1] == WaitlistLeft(
        booking_of(ANN), ANN.member_id, CancelledBy.SESSION, was_skipped=False, was_offered=True
    )
    assert reasons_of(play(facts, accepts(ANN))) == (RefusalReason.SESSION_CANCELLED,)


def test_no_offer_outlasts_the_start_but_it_may_outlast_promotion() -> None:
    deadline = timedelta(minutes=10)
    session = a_training_session(
        capacity=1, policies=OFFERS, promotion_deadline=deadline, cancellation_deadline=timedelta(0)
    )
    facts = facts_of(session, confirmed=[BEN], waiting=[ANN])

    _, event = events_of(play(facts, cancels(BEN, at=START - deadline - TICK)))

    assert isinstance(event, PlaceOffered)
    assert event.until == START
    assert isinstance(events_of(play(facts, accepts(ANN, at=START - TICK)))[0], OfferAccepted)


def test_an_offer_that_ends_after_promotion_leaves_the_place_free() -> None:
    session = a_training_session(capacity=1, policies=OFFERS, promotion_deadline=timedelta(hours=2))
    facts = facts_of(session, confirmed=[BEN], waiting=[ANN, CAT])
    play(facts, asked(CancelForMember(booking_of(BEN), "ill"), at=START - timedelta(hours=2) - TICK))

    outcome = play(facts, asked(ExpireOffers(), by=SEATLINE, at=START - timedelta(hours=1)))

    assert events_of(outcome) == (OfferExpired(booking_of(ANN), ANN.member_id),)
    assert (facts.booked, facts.waiting) == (0, 1)


def test_who_is_offered_a_place_is_told_until_when_and_that_it_has_ended() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN])
    freeing = cancels(BEN)
    _, notice = notices_for(facts, freeing, play(facts, freeing))
    assert (notice.kind, notice.details) == (NoticeKind.PLACE_OFFERED, {"until": UNTIL.isoformat()})

    ending = asked(ExpireOffers(), by=SEATLINE, at=UNTIL)
    (notice,) = notices_for(facts, ending, play(facts, ending))
    assert notice == Notice(NoticeKind.OFFER_EXPIRED, ANN.member_id, booking_of(ANN), {})
