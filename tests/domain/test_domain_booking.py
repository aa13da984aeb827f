from datetime import datetime, timedelta

import pytest

from domain.commands import Actor, BookForMember, BookSeat
from domain.events import SeatBooked, WaitlistJoined
from domain.facts import BookingStatus
from domain.ids import BookingId, PassId
from domain.refusals import RefusalReason
from tests.builders import (
    BOXING,
    NOW,
    START,
    TICK,
    YOGA,
    a_member,
    a_pass,
    a_training_session,
    an_id,
    asked,
    books,
    cancels,
    events_of,
    facts_of,
    play,
    reasons_of,
)

ANN = a_pass("ann", sessions_left=3)
BEN = a_pass("ben")
CLOSES = START - timedelta(hours=2)
ONE_PLACE = a_training_session(capacity=1)


def test_a_free_place_is_confirmed_and_one_session_is_taken_from_the_chosen_pass() -> None:
    other = a_pass("ann", id=PassId(an_id("ann's other pass")), sessions_left=3)
    facts = facts_of(passes=[ANN, other])
    asking = books(ANN)

    outcome = play(facts, asking)

    assert events_of(outcome) == (SeatBooked(BookingId(asking.id), ANN.member_id, ANN.id),)
    assert facts.passes[ANN.id].sessions_left == 2
    assert facts.passes[other.id].sessions_left == 3
    booking = facts.bookings[BookingId(asking.id)]
    assert (booking.status, booking.position, booking.booked_at) == (BookingStatus.CONFIRMED, 1, NOW)
    assert (facts.booked, facts.waiting, facts.skipped) == (1, 0, 0)


def test_an_unlimited_pass_pays_and_stays_unlimited() -> None:
    unlimited = a_pass("ann", sessions_left=None)
    facts = facts_of(passes=[unlimited])

    assert isinstance(events_of(play(facts, books(unlimited)))[0], SeatBooked)
    assert facts.passes[unlimited.id].sessions_left is None


def test_a_pass_for_this_training_pays_and_one_for_another_does_not() -> None:
    fits, other = a_pass("ann", trainings=frozenset({YOGA})), a_pass("ben", trainings=frozenset({BOXING}))

    assert len(events_of(play(facts_of(passes=[fits]), books(fits)))) == 1
    assert reasons_of(play(facts_of(passes=[other]), books(other))) == (RefusalReason.PASS_NOT_APPLICABLE,)


def test_a_full_session_puts_the_next_member_in_line_and_takes_nothing() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], passes=[ANN])
    asking = books(ANN)

    outcome = play(facts, asking)

    assert events_of(outcome) == (WaitlistJoined(BookingId(asking.id), ANN.member_id, ANN.id, place_in_line=1),)
    assert facts.passes[ANN.id].sessions_left == 3
    assert facts.bookings[BookingId(asking.id)].status is BookingStatus.WAITLISTED
    assert (facts.booked, facts.waiting, facts.skipped) == (1, 1, 0)


def test_the_last_place_goes_to_whoever_asked_first() -> None:
    facts = facts_of(ONE_PLACE, passes=[ANN, BEN])

    assert isinstance(events_of(play(facts, books(ANN)))[0], SeatBooked)
    assert isinstance(events_of(play(facts, books(BEN)))[0], WaitlistJoined)


def test_the_place_in_line_counts_those_who_wait_and_those_who_were_skipped() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[a_pass(), a_pass()], skipped=[a_pass()], passes=[ANN])

    (joined,) = events_of(play(facts, books(ANN)))

    assert isinstance(joined, WaitlistJoined)
    assert joined.place_in_line == 4


def test_nobody_jumps_the_queue_into_a_free_place() -> None:
    facts = facts_of(ONE_PLACE, waiting=[BEN], passes=[ANN])

    assert isinstance(events_of(play(facts, books(ANN)))[0], WaitlistJoined)


def test_a_skipped_waiter_does_not_keep_a_free_place_empty() -> None:
    facts = facts_of(ONE_PLACE, skipped=[BEN], passes=[ANN])

    assert isinstance(events_of(play(facts, books(ANN)))[0], SeatBooked)


def test_once_promotion_has_ended_a_free_place_is_for_whoever_asks() -> None:
    early_end = a_training_session(capacity=1, promotion_deadline=timedelta(hours=6))
    ends = START - timedelta(hours=6)

    before = facts_of(early_end, waiting=[BEN], passes=[ANN])
    at_the_end = facts_of(early_end, waiting=[BEN], passes=[ANN])

    assert isinstance(events_of(play(before, books(ANN, at=ends - TICK)))[0], WaitlistJoined)
    assert isinstance(events_of(play(at_the_end, books(ANN, at=ends)))[0], SeatBooked)


def test_booking_is_open_until_the_microsecond_before_the_deadline() -> None:
    assert events_of(play(facts_of(passes=[ANN]), books(ANN, at=CLOSES - TICK)))
    assert reasons_of(play(facts_of(passes=[ANN]), books(ANN, at=CLOSES))) == (RefusalReason.BOOKING_CLOSED,)


def test_booking_opens_at_the_microsecond_it_says() -> None:
    opens_later = a_training_session(booking_opens_at=NOW)

    too_early = play(facts_of(opens_later, passes=[ANN]), books(ANN, at=NOW - TICK))

    assert reasons_of(too_early) == (RefusalReason.BOOKING_NOT_OPEN,)
    assert events_of(play(facts_of(opens_later, passes=[ANN]), books(ANN, at=NOW)))


def test_from_its_start_on_a_session_takes_nobody() -> None:
    no_deadline = a_training_session(booking_deadline=timedelta(0))

    assert events_of(play(facts_of(no_deadline, passes=[ANN]), books(ANN, at=START - TICK)))
    late = play(facts_of(no_deadline, passes=[ANN]), books(ANN, at=START))
    assert reasons_of(late) == (RefusalReason.SESSION_STARTED,)


def test_a_member_has_one_live_booking_of_a_session_whatever_pass_pays() -> None:
    other = a_pass("ann", id=PassId(an_id("ann's other pass")))

    booked = facts_of(confirmed=[ANN], passes=[other])
    waits = facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN], passes=[other])
    skipped = facts_of(ONE_PLACE, confirmed=[BEN], skipped=[ANN], passes=[other])

    assert reasons_of(play(booked, books(other))) == (RefusalReason.ALREADY_BOOKED,)
    assert reasons_of(play(waits, books(other))) == (RefusalReason.ALREADY_WAITLISTED,)
    assert reasons_of(play(skipped, books(other))) == (RefusalReason.ALREADY_WAITLISTED,)


def test_who_has_cancelled_may_book_again_and_stands_at_the_end() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[a_pass()], waiting=[ANN, BEN])

    play(facts, cancels(ANN))
    (joined,) = events_of(play(facts, books(ANN)))

    assert isinstance(joined, WaitlistJoined)
    assert joined.place_in_line == 2


def test_the_waitlist_takes_as_many_as_its_limit() -> None:
    two_in_line = a_training_session(capacity=1, waitlist_limit=2)

    last = facts_of(two_in_line, confirmed=[BEN], waiting=[a_pass()], passes=[ANN])
    full = facts_of(two_in_line, confirmed=[BEN], waiting=[a_pass()], skipped=[a_pass()], passes=[ANN])

    assert events_of(play(last, books(ANN)))
    assert reasons_of(play(full, books(ANN))) == (RefusalReason.WAITLIST_FULL,)


def test_a_limit_of_none_in_line_still_lets_members_into_free_places() -> None:
    no_line = a_training_session(capacity=1, waitlist_limit=0)

    assert events_of(play(facts_of(no_line, passes=[ANN]), books(ANN)))
    full = play(facts_of(no_line, confirmed=[BEN], passes=[ANN]), books(ANN))
    assert reasons_of(full) == (RefusalReason.WAITLIST_FULL,)


def test_all_reasons_come_at_once() -> None:
    worst = a_pass("ann", active=False, sessions_left=0, expires_at=NOW, trainings=frozenset({BOXING}))
    closed_and_full = a_training_session(
        capacity=1, waitlist_limit=1, booking_deadline=START - NOW, promotion_deadline=timedelta(0)
    )
    facts = facts_of(closed_and_full, confirmed=[BEN], waiting=[worst])

    assert set(reasons_of(play(facts, books(worst)))) == {
        RefusalReason.BOOKING_CLOSED,
        RefusalReason.ALREADY_WAITLISTED,
        RefusalReason.PASS_INACTIVE,
        RefusalReason.PASS_EXPIRED,
        RefusalReason.PASS_EXHAUSTED,
        RefusalReason.PASS_NOT_APPLICABLE,
        RefusalReason.WAITLIST_FULL,
    }


def test_a_cancelled_session_that_would_have_started_says_both() -> None:
    facts = facts_of(a_training_session(cancelled=True), passes=[ANN])

    reasons = reasons_of(play(facts, books(ANN, at=START)))

    assert set(reasons) == {RefusalReason.SESSION_CANCELLED, RefusalReason.SESSION_STARTED}


def test_a_refusal_changes_nothing_but_the_position() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN])
    before = (dict(facts.bookings), dict(facts.passes), list(facts.line), dict(facts.live), facts.booked)

    play(facts, books(ANN))

    assert (dict(facts.bookings), dict(facts.passes), list(facts.line), dict(facts.live), facts.booked) == before
    assert facts.position == 2


@pytest.mark.parametrize("moment", [NOW - timedelta(days=1), CLOSES, START - TICK])
def test_staff_book_for_a_member_outside_the_booking_window(moment: datetime) -> None:
    facts = facts_of(a_training_session(booking_opens_at=NOW), passes=[ANN])
    asking = asked(BookForMember(ANN.member_id, ANN.id, why="asked by phone"), at=moment)

    assert events_of(play(facts, asking)) == (SeatBooked(BookingId(asking.id), ANN.member_id, ANN.id),)
    assert facts.passes[ANN.id].sessions_left == 2


def test_staff_book_into_no_session_that_has_started_or_is_cancelled() -> None:
    booking = BookForMember(ANN.member_id, ANN.id, why="asked by phone")

    started = play(facts_of(passes=[ANN]), asked(booking, at=START))
    cancelled = play(facts_of(a_training_session(cancelled=True), passes=[ANN]), asked(booking))

    assert reasons_of(started) == (RefusalReason.SESSION_STARTED,)
    assert reasons_of(cancelled) == (RefusalReason.SESSION_CANCELLED,)


def test_staff_find_the_same_line_and_need_the_members_own_pass() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[a_pass()], passes=[ANN, BEN])

    in_line = play(facts, asked(BookForMember(ANN.member_id, ANN.id, why="asked by phone")))
    with_another_pass = play(facts, asked(BookForMember(a_member("cat"), BEN.id, why="asked by phone")))

    assert isinstance(events_of(in_line)[0], WaitlistJoined)
    assert reasons_of(with_another_pass) == (RefusalReason.PASS_NOT_YOURS,)


def test_a_member_of_the_staff_books_for_themselves_like_any_member() -> None:
    facts = facts_of(passes=[ANN])
    myself = Actor(ANN.member_id, is_staff=True)

    late = play(facts, asked(BookSeat(ANN.id), by=myself, at=CLOSES))
    in_time = play(facts, asked(BookSeat(ANN.id), by=myself))

    assert reasons_of(late) == (RefusalReason.BOOKING_CLOSED,)
    assert isinstance(events_of(in_time)[0], SeatBooked)
