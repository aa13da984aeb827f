from dataclasses import replace

from domain.commands import ReconsiderWaitlist
from domain.ids import BookingId
from domain.outcomes import Applied, Failed, Refused
from domain.recorder import record
from domain.refusals import RefusalReason
from tests.builders import (
    SEATLINE,
    a_pass,
    a_training_session,
    asked,
    booking_of,
    books,
    cancels,
    facts_of,
    play,
)

ANN = a_pass("ann")
BEN = a_pass("ben")
CAT = a_pass("cat")
EMPTY = a_pass("dan", sessions_left=0)


def test_every_outcome_takes_the_next_position_without_a_gap() -> None:
    facts = facts_of()

    for outcome in (Applied(()), Refused((RefusalReason.PASS_NOT_FOUND,)), Failed("a fault")):
        record(facts, books(ANN), outcome)

    assert facts.position == 3


def test_a_booking_keeps_the_position_of_the_command_that_made_it() -> None:
    facts = facts_of(a_training_session(capacity=1), passes=[ANN, BEN])
    first, second = books(ANN), books(BEN)

    play(facts, first, books(a_pass("nobody")), second)

    assert [(booking.id, booking.position) for booking in facts.roster()] == [
        (BookingId(first.id), 1),
        (BookingId(second.id), 3),
    ]


def test_a_fault_changes_neither_bookings_nor_passes() -> None:
    facts = facts_of(confirmed=[ANN])
    bookings, passes = dict(facts.bookings), dict(facts.passes)

    record(facts, cancels(ANN), Failed("a fault"))

    assert (facts.bookings, facts.passes) == (bookings, passes)


def test_the_counts_follow_a_waiter_through_every_state() -> None:
    facts = facts_of(a_training_session(capacity=1), confirmed=[ANN], waiting=[EMPTY, BEN])
    counts = [(facts.booked, facts.waiting, facts.skipped)]

    play(facts, cancels(ANN))
    counts.append((facts.booked, facts.waiting, facts.skipped))
    facts.passes[EMPTY.id] = a_pass("dan", sessions_left=1)
    play(facts, asked(ReconsiderWaitlist(EMPTY.id), by=SEATLINE))
    counts.append((facts.booked, facts.waiting, facts.skipped))
    play(facts, cancels(BEN))
    counts.append((facts.booked, facts.waiting, facts.skipped))
    play(facts, cancels(EMPTY))
    counts.append((facts.booked, facts.waiting, facts.skipped))

    assert counts == [(1, 2, 0), (1, 0, 1), (1, 1, 0), (1, 0, 0), (0, 0, 0)]


def test_the_counts_go_up_and_down_by_one_each() -> None:
    broke = [a_pass(name, sessions_left=0) for name in ("eve", "fay")]
    facts = facts_of(a_training_session(capacity=3), confirmed=[ANN], waiting=[], passes=[BEN, CAT])
    play(facts, books(BEN), books(CAT))
    assert (facts.booked, [booking.pass_id for booking in facts.roster()]) == (3, [ANN.id, BEN.id, CAT.id])

    facts = facts_of(a_training_session(capacity=1), confirmed=[ANN], waiting=broke)
    play(facts, cancels(ANN))
    assert (facts.booked, facts.waiting, facts.skipped) == (0, 0, 2)
    facts.booked = 1
    for pass_ in broke:
        facts.passes[pass_.id] = replace(pass_, sessions_left=1)
        play(facts, asked(ReconsiderWaitlist(pass_.id), by=SEATLINE))
    assert (facts.waiting, facts.skipped) == (2, 0)


def test_the_line_always_names_exactly_those_who_wait() -> None:
    facts = facts_of(a_training_session(capacity=1), confirmed=[ANN], waiting=[BEN, EMPTY], skipped=[CAT])

    assert facts.line == [(2, booking_of(BEN)), (3, booking_of(EMPTY))]
    play(facts, asked(ReconsiderWaitlist(CAT.id), by=SEATLINE))
    assert facts.line == [(2, booking_of(BEN)), (3, booking_of(EMPTY)), (4, booking_of(CAT))]
    play(facts, cancels(ANN))
    assert facts.line == [(3, booking_of(EMPTY)), (4, booking_of(CAT))]
    play(facts, cancels(BEN))
    assert facts.line == []
