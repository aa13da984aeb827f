from datetime import datetime, timedelta

import pytest

from domain.booking import cancelling_closes_at
from domain.commands import CancelBooking, CancelForMember
from domain.events import BookingCancelled, CancelledBy, WaiterPromoted, WaitlistLeft
from domain.facts import Booking, BookingStatus
from domain.ids import BookingId
from domain.refusals import RefusalReason
from tests.builders import (
    NOW,
    START,
    TICK,
    a_member,
    a_pass,
    a_training_session,
    an_id,
    asked,
    booking_of,
    books,
    cancels,
    events_of,
    facts_of,
    play,
    reasons_of,
)

ANN = a_pass("ann", sessions_left=3)
BEN = a_pass("ben", sessions_left=1)
CLOSES = START - timedelta(hours=2)
ONE_PLACE = a_training_session(capacity=1)


def a_promoted_booking(at: datetime) -> Booking:
    return Booking(
        id=booking_of(BEN),
        member_id=BEN.member_id,
        pass_id=BEN.id,
        status=BookingStatus.CONFIRMED,
        position=2,
        booked_at=NOW,
        promoted_at=at,
    )


def test_cancelling_gives_one_session_back_to_the_same_pass() -> None:
    facts = facts_of(confirmed=[ANN])

    outcome = play(facts, cancels(ANN))

    assert events_of(outcome) == (BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.MEMBER),)
    assert facts.passes[ANN.id].sessions_left == 4
    booking = facts.bookings[booking_of(ANN)]
    assert (booking.status, booking.cancelled_at) == (BookingStatus.CANCELLED, NOW)
    assert facts.live_booking(ANN.member_id) is None
    assert facts.booked == 0


def test_a_refund_goes_back_to_the_pass_even_when_it_has_expired_since() -> None:
    expired = a_pass("ann", sessions_left=0, expires_at=NOW - TICK, active=False)
    facts = facts_of(confirmed=[expired])

    play(facts, cancels(expired))

    assert facts.passes[expired.id].sessions_left == 1


def test_the_next_in_line_gets_the_place_by_the_same_command() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, a_pass("cat")])

    outcome = play(facts, cancels(ANN))

    assert events_of(outcome) == (
        BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.MEMBER),
        WaiterPromoted(booking_of(BEN), BEN.member_id, BEN.id),
    )
    assert (facts.booked, facts.waiting) == (1, 1)
    assert facts.passes[BEN.id].sessions_left == 0


def test_cancelling_is_open_until_the_microsecond_before_its_deadline() -> None:
    in_time = play(facts_of(confirmed=[ANN]), cancels(ANN, at=CLOSES - TICK))
    too_late = play(facts_of(confirmed=[ANN]), cancels(ANN, at=CLOSES))

    assert events_of(in_time)
    assert reasons_of(too_late) == (RefusalReason.CANCELLATION_CLOSED,)


def test_the_cancellation_deadline_is_another_than_the_booking_deadline() -> None:
    lenient = a_training_session(cancellation_deadline=timedelta(hours=1))

    assert events_of(play(facts_of(lenient, confirmed=[ANN]), cancels(ANN, at=CLOSES)))


def test_nobody_cancels_a_session_that_has_started() -> None:
    no_deadline = a_training_session(cancellation_deadline=timedelta(0))

    for facts in (facts_of(no_deadline, confirmed=[ANN]), facts_of(no_deadline, waiting=[ANN])):
        assert reasons_of(play(facts, cancels(ANN, at=START))) == (RefusalReason.SESSION_STARTED,)


def test_leaving_the_waitlist_is_free_until_the_start() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN, a_pass("cat")])

    outcome = play(facts, cancels(ANN, at=START - TICK))

    assert events_of(outcome) == (WaitlistLeft(booking_of(ANN), ANN.member_id, CancelledBy.MEMBER, was_skipped=False),)
    assert facts.passes[ANN.id].sessions_left == 3
    assert (facts.booked, facts.waiting) == (1, 1)


def test_a_skipped_waiter_may_leave_too() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], skipped=[ANN])

    outcome = play(facts, cancels(ANN, at=START - TICK))

    assert events_of(outcome) == (WaitlistLeft(booking_of(ANN), ANN.member_id, CancelledBy.MEMBER, was_skipped=True),)
    assert (facts.waiting, facts.skipped) == (0, 0)
    assert facts.bookings[booking_of(ANN)].skipped == ()


def test_who_left_the_line_is_never_promoted() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, a_pass("cat")])

    play(facts, cancels(BEN))
    (_, promoted) = events_of(play(facts, cancels(ANN)))

    assert isinstance(promoted, WaiterPromoted)
    assert promoted.member_id == a_member("cat")


def test_a_promoted_member_may_cancel_for_the_grace_time_though_the_deadline_has_passed() -> None:
    late_promotion = a_training_session(capacity=1, promotion_deadline=timedelta(0))
    grace_ends = CLOSES + timedelta(minutes=30)

    for moment, allowed in ((grace_ends - TICK, True), (grace_ends, False)):
        facts = facts_of(late_promotion, confirmed=[ANN], waiting=[BEN])
        off_the_list = asked(CancelForMember(booking_of(ANN), why="ill"), at=CLOSES)
        assert isinstance(events_of(play(facts, off_the_list))[1], WaiterPromoted)
        outcome = play(facts, cancels(BEN, at=moment))
        if allowed:
            assert isinstance(events_of(outcome)[0], BookingCancelled)
        else:
            assert reasons_of(outcome) == (RefusalReason.CANCELLATION_CLOSED,)


@pytest.mark.parametrize(
    ("promoted_at", "closes"),
    [
        (NOW, CLOSES),
        (CLOSES - timedelta(minutes=30), CLOSES),
        (CLOSES - timedelta(minutes=30) + TICK, CLOSES + TICK),
        (START - timedelta(minutes=30) - TICK, START - TICK),
        (START - timedelta(minutes=30) + TICK, START),
        (START - TICK, START),
    ],
    ids=["long ago", "grace ends with the deadline", "one tick longer", "before the start", "cut", "last tick"],
)
def test_the_grace_time_never_shortens_the_deadline_nor_passes_the_start(
    promoted_at: datetime, closes: datetime
) -> None:
    assert cancelling_closes_at(a_training_session(), a_promoted_booking(promoted_at)) == closes


def test_free_cancelling_outlasts_the_deadline_but_not_the_start() -> None:
    booking = a_promoted_booking(NOW)
    until_noon = a_training_session(free_cancelling_until=START - timedelta(hours=1))
    past_the_start = a_training_session(free_cancelling_until=START + timedelta(hours=1))

    assert cancelling_closes_at(until_noon, booking) == START - timedelta(hours=1)
    assert cancelling_closes_at(past_the_start, booking) == START


def test_an_old_free_cancelling_time_does_not_bring_the_deadline_forward() -> None:
    over = a_training_session(free_cancelling_until=NOW)

    assert cancelling_closes_at(over, a_promoted_booking(NOW)) == CLOSES


def test_a_booking_is_cancelled_once() -> None:
    facts = facts_of(confirmed=[ANN])

    play(facts, cancels(ANN))

    assert reasons_of(play(facts, cancels(ANN))) == (RefusalReason.BOOKING_NOT_FOUND,)
    assert facts.passes[ANN.id].sessions_left == 4


def test_nobody_cancels_the_booking_of_somebody_else() -> None:
    facts = facts_of(confirmed=[ANN])

    outcome = play(facts, asked(CancelBooking(booking_of(ANN)), by=BEN.member_id))

    assert reasons_of(outcome) == (RefusalReason.BOOKING_NOT_YOURS,)
    assert facts.booked == 1


def test_a_booking_that_never_came_about_cannot_be_cancelled() -> None:
    facts = facts_of(confirmed=[ANN])
    refused = books(ANN)

    play(facts, refused)
    of_the_refused = asked(CancelBooking(BookingId(refused.id)), by=ANN.member_id)
    of_nothing = asked(CancelBooking(BookingId(an_id("nothing"))), by=ANN.member_id)

    assert reasons_of(play(facts, of_the_refused)) == (RefusalReason.BOOKING_NOT_FOUND,)
    assert reasons_of(play(facts, of_nothing)) == (RefusalReason.BOOKING_NOT_FOUND,)


def test_staff_cancel_past_the_deadline_with_refund_and_promotion() -> None:
    late_promotion = a_training_session(capacity=1, promotion_deadline=timedelta(0))
    facts = facts_of(late_promotion, confirmed=[ANN], waiting=[BEN])

    outcome = play(facts, asked(CancelForMember(booking_of(ANN), why="ill"), at=START - TICK))

    assert events_of(outcome) == (
        BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.STAFF),
        WaiterPromoted(booking_of(BEN), BEN.member_id, BEN.id),
    )
    assert facts.passes[ANN.id].sessions_left == 4


def test_staff_cancel_after_the_start_with_refund_but_nobody_is_promoted_into_a_running_session() -> None:
    late_promotion = a_training_session(capacity=1, promotion_deadline=timedelta(0))
    facts = facts_of(late_promotion, confirmed=[ANN], waiting=[BEN])

    outcome = play(facts, asked(CancelForMember(booking_of(ANN), why="hurt at the warm-up"), at=START))

    assert events_of(outcome) == (BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.STAFF),)


def test_staff_take_a_waiter_off_the_line() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN])

    outcome = play(facts, asked(CancelForMember(booking_of(ANN), why="on request")))

    assert events_of(outcome) == (WaitlistLeft(booking_of(ANN), ANN.member_id, CancelledBy.STAFF, was_skipped=False),)


def test_staff_cannot_cancel_what_is_not_there() -> None:
    outcome = play(facts_of(), asked(CancelForMember(BookingId(an_id("nothing")), why="on request")))

    assert reasons_of(outcome) == (RefusalReason.BOOKING_NOT_FOUND,)


def test_staff_may_take_a_member_off_without_giving_the_session_back() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    outcome = play(facts, asked(CancelForMember(booking_of(ANN), "never came", refund=False)))

    assert events_of(outcome) == (
        BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.STAFF, refunded=False),
        WaiterPromoted(booking_of(BEN), BEN.member_id, BEN.id),
    )
    assert facts.passes[ANN.id].sessions_left == ANN.sessions_left
    assert facts.passes[BEN.id].sessions_left == 0


def test_whoever_waits_is_taken_off_the_line_alike_with_and_without_refund() -> None:
    ended = [
        events_of(play(facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN]), asked(command)))
        for command in (CancelForMember(booking_of(BEN), "ill"), CancelForMember(booking_of(BEN), "ill", refund=False))
    ]

    assert ended[0] == ended[1] == (WaitlistLeft(booking_of(BEN), BEN.member_id, CancelledBy.STAFF, was_skipped=False),)
