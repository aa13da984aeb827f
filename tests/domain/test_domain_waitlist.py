from datetime import timedelta

from domain.commands import ChangeCapacity, ReconsiderWaitlist
from domain.events import (
    BookingCancelled,
    CapacityChanged,
    WaiterPromoted,
    WaiterReturned,
    WaiterSkipped,
)
from domain.facts import BookingStatus, Facts, Pass
from domain.ids import PassId
from domain.outcomes import Applied
from domain.recorder import record
from domain.refusals import RefusalReason
from tests.builders import (
    BOXING,
    NOW,
    SEATLINE,
    START,
    TICK,
    YOGA,
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
)

ANN = a_pass("ann")
BEN = a_pass("ben")
CAT = a_pass("cat")
EMPTY = a_pass("dan", sessions_left=0)
ONE_PLACE = a_training_session(capacity=1)
ENDS = START - timedelta(hours=2)


def promoted(pass_: Pass) -> WaiterPromoted:
    return WaiterPromoted(booking_of(pass_), pass_.member_id, pass_.id)


def skipped(pass_: Pass, *reasons: RefusalReason) -> WaiterSkipped:
    return WaiterSkipped(booking_of(pass_), pass_.member_id, pass_.id, reasons)


def returned(pass_: Pass) -> WaiterReturned:
    return WaiterReturned(booking_of(pass_), pass_.member_id)


def top_up(facts: Facts, pass_: Pass) -> None:
    facts.passes[pass_.id] = a_pass("dan", sessions_left=1)


def test_the_line_moves_in_order_of_position_one_place_at_a_time() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, CAT])

    first = events_of(play(facts, cancels(ANN)))
    second = events_of(play(facts, cancels(BEN)))

    assert first[1:] == (promoted(BEN),)
    assert second[1:] == (promoted(CAT),)


def test_promotion_charges_the_pass_and_remembers_when() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    play(facts, cancels(ANN, at=NOW + TICK))

    booking = facts.bookings[booking_of(BEN)]
    assert (booking.status, booking.promoted_at) == (BookingStatus.CONFIRMED, NOW + TICK)
    assert facts.passes[BEN.id].sessions_left == 9


def test_a_waiter_whose_pass_cannot_pay_is_skipped_with_every_reason_and_the_next_gets_the_place() -> None:
    worst = a_pass("dan", active=False, sessions_left=0, expires_at=NOW, trainings=frozenset({BOXING}))
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[worst, BEN])

    events = events_of(play(facts, cancels(ANN)))

    reasons = (
        RefusalReason.PASS_INACTIVE,
        RefusalReason.PASS_EXPIRED,
        RefusalReason.PASS_EXHAUSTED,
        RefusalReason.PASS_NOT_APPLICABLE,
    )
    assert events[1:] == (skipped(worst, *reasons), promoted(BEN))
    assert facts.bookings[booking_of(worst)].skipped == reasons
    assert facts.passes[worst.id].sessions_left == 0


def test_when_all_who_wait_are_skipped_the_place_stays_free_for_whoever_asks() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[EMPTY], passes=[BEN])

    events = events_of(play(facts, cancels(ANN)))
    outcome = play(facts, books(BEN))

    assert events[1:] == (skipped(EMPTY, RefusalReason.PASS_EXHAUSTED),)
    assert (facts.booked, facts.waiting, facts.skipped) == (1, 0, 1)
    assert facts.live_booking(BEN.member_id) is not None
    assert isinstance(outcome, Applied)


def test_a_skipped_waiter_is_not_looked_at_again_by_later_commands() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[EMPTY, BEN, CAT])

    play(facts, cancels(ANN))
    top_up(facts, EMPTY)
    later = events_of(play(facts, cancels(BEN)))

    assert later[1:] == (promoted(CAT),)


def test_a_skipped_waiter_keeps_the_place_in_line() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[EMPTY, BEN, CAT])
    play(facts, cancels(ANN))
    top_up(facts, EMPTY)

    back = events_of(play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE)))
    freed = events_of(play(facts, cancels(BEN)))

    assert back == (returned(EMPTY),)
    assert freed[1:] == (promoted(EMPTY),)
    assert facts.bookings[booking_of(EMPTY)].skipped == ()


def test_a_reconsidered_waiter_takes_a_place_that_is_free() -> None:
    facts = facts_of(ONE_PLACE, skipped=[EMPTY])
    top_up(facts, EMPTY)

    events = events_of(play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE)))

    assert events == (returned(EMPTY), promoted(EMPTY))
    assert (facts.booked, facts.waiting, facts.skipped) == (1, 0, 0)
    assert facts.passes[EMPTY.id].sessions_left == 0


def test_a_reconsidered_waiter_does_not_overtake_those_before() -> None:
    late = a_training_session(capacity=1, promotion_deadline=timedelta(hours=2))
    facts = facts_of(late, waiting=[ANN], skipped=[EMPTY])
    top_up(facts, EMPTY)

    events = events_of(play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE)))

    assert events == (returned(EMPTY), promoted(ANN))
    assert facts.line == [(2, booking_of(EMPTY))]


def test_a_reconsidered_waiter_goes_before_those_behind() -> None:
    facts = facts_of(ONE_PLACE, waiting=[EMPTY, BEN])
    skipping = asked(ChangeCapacity(1))
    record(facts, skipping, Applied((skipped(EMPTY, RefusalReason.PASS_EXHAUSTED),)))
    top_up(facts, EMPTY)

    events = events_of(play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE)))

    assert events == (returned(EMPTY), promoted(EMPTY))
    assert facts.line == [(2, booking_of(BEN))]


def test_a_pass_for_this_training_that_is_still_good_brings_its_waiter_back() -> None:
    good = a_pass("ann", trainings=frozenset({YOGA}), expires_at=NOW + TICK)
    facts = facts_of(ONE_PLACE, confirmed=[BEN], skipped=[good])

    assert events_of(play(facts, asked(ReconsiderWaitlist(good.id), by=SEATLINE))) == (returned(good),)


def test_reconsidering_changes_nothing_while_the_pass_still_cannot_pay() -> None:
    facts = facts_of(ONE_PLACE, skipped=[EMPTY])

    assert events_of(play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE))) == ()
    assert (facts.position, facts.skipped) == (2, 1)


def test_reconsidering_a_pass_nobody_was_skipped_for_changes_nothing() -> None:
    other = a_pass("dan", id=PassId(an_id("dan's other pass")))
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN], skipped=[EMPTY], passes=[other, CAT])

    for pass_id in (ANN.id, BEN.id, CAT.id, other.id, PassId(an_id("no pass"))):
        assert events_of(play(facts, asked(ReconsiderWaitlist(pass_id), by=SEATLINE))) == ()
    assert (facts.booked, facts.waiting, facts.skipped) == (1, 1, 1)


def test_a_waiter_can_be_skipped_again_after_coming_back() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], skipped=[EMPTY])
    top_up(facts, EMPTY)

    play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE))
    facts.passes[EMPTY.id] = EMPTY
    events = events_of(play(facts, cancels(ANN)))

    assert events[1:] == (skipped(EMPTY, RefusalReason.PASS_EXHAUSTED),)
    assert (facts.waiting, facts.skipped) == (0, 1)


def test_promotion_ends_at_the_microsecond_of_its_deadline() -> None:
    lenient = a_training_session(capacity=1, cancellation_deadline=timedelta(0))

    before = facts_of(lenient, confirmed=[ANN], waiting=[BEN])
    at_the_end = facts_of(lenient, confirmed=[ANN], waiting=[BEN])

    assert events_of(play(before, cancels(ANN, at=ENDS - TICK)))[1:] == (promoted(BEN),)
    assert events_of(play(at_the_end, cancels(ANN, at=ENDS)))[1:] == ()
    assert (at_the_end.booked, at_the_end.waiting) == (0, 1)


def test_a_cancelled_session_promotes_at_no_time() -> None:
    assert a_training_session().promotes_at(NOW)
    assert not a_training_session(cancelled=True).promotes_at(NOW)


def test_a_pass_pays_for_a_promotion_until_the_microsecond_before_it_expires() -> None:
    expiring = a_pass("ben", expires_at=NOW)

    in_time = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[expiring])
    too_late = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[expiring])

    assert events_of(play(in_time, cancels(ANN, at=NOW - TICK)))[1:] == (promoted(expiring),)
    assert events_of(play(too_late, cancels(ANN, at=NOW)))[1:] == (skipped(expiring, RefusalReason.PASS_EXPIRED),)


def test_after_promotion_has_ended_a_reconsidered_waiter_is_in_line_but_gets_no_place() -> None:
    facts = facts_of(ONE_PLACE, skipped=[EMPTY])
    top_up(facts, EMPTY)

    events = events_of(play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE, at=ENDS)))

    assert events == (returned(EMPTY),)
    assert (facts.booked, facts.waiting, facts.skipped) == (0, 1, 0)


def test_a_raised_capacity_promotes_as_many_as_fit_skipping_who_cannot_pay() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, EMPTY, CAT, a_pass("eve")])

    events = events_of(play(facts, asked(ChangeCapacity(3))))

    assert events == (
        CapacityChanged(1, 3),
        promoted(BEN),
        skipped(EMPTY, RefusalReason.PASS_EXHAUSTED),
        promoted(CAT),
    )
    assert (facts.training_session.capacity, facts.booked, facts.waiting, facts.skipped) == (3, 3, 1, 1)


def test_a_raise_that_stays_below_those_who_are_booked_promotes_nobody() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN, BEN, CAT], waiting=[a_pass("dora")])

    assert events_of(play(facts, asked(ChangeCapacity(2)))) == (CapacityChanged(1, 2),)
    assert events_of(play(facts, asked(ChangeCapacity(3)))) == (CapacityChanged(2, 3),)
    assert len(events_of(play(facts, asked(ChangeCapacity(4))))) == 2


def test_a_lowered_capacity_evicts_nobody_and_promotes_nobody_until_below() -> None:
    dora = a_pass("dora")
    facts = facts_of(a_training_session(capacity=3), confirmed=[ANN, BEN, CAT], waiting=[dora])

    lowered = events_of(play(facts, asked(ChangeCapacity(2))))
    first = events_of(play(facts, cancels(ANN)))
    second = events_of(play(facts, cancels(BEN)))

    assert lowered == (CapacityChanged(3, 2),)
    assert [type(event) for event in first] == [BookingCancelled]
    assert second[1:] == (promoted(dora),)
    assert facts.booked == 2


def test_the_place_behind_the_last_promoted_is_not_looked_at() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, EMPTY])

    events = events_of(play(facts, cancels(ANN)))

    assert events[1:] == (promoted(BEN),)
    assert facts.bookings[booking_of(EMPTY)].skipped == ()
