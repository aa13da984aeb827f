from copy import deepcopy
from dataclasses import replace

import pytest

from domain.commands import (
    AcceptedCommand,
    BookForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    Command,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.decide import decide
from domain.events import CancelledBy, WaiterPromoted, WaitlistLeft
from domain.facts import Booking, BookingStatus, Facts, LineContinues, MoreFactsNeeded, Pass, RosterNeeded
from domain.refusals import RefusalReason
from tests.builders import (
    HALL,
    NOW,
    SEATLINE,
    STAFF,
    START,
    TRAINER,
    a_pass,
    a_training_session,
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
DAN = a_pass("dan")
ONE_PLACE = a_training_session(capacity=1)


def known_in_part(known_to: int, *, known: list[Pass], booked: int = 1, waiting: int = 3, skipped: int = 0) -> Facts:
    """Facts as a batch begins with them: all are counted, few are known. In truth ben, cat and dan wait, in order."""
    facts = Facts(ONE_PLACE, position=4, booked=booked, waiting=waiting, skipped=skipped, line_known_to=known_to)
    for pass_ in known:
        learn(facts, pass_)
    return facts


def learn(facts: Facts, pass_: Pass) -> None:
    position = [ANN, BEN, CAT, DAN].index(pass_) + 1
    status = BookingStatus.CONFIRMED if pass_ is ANN else BookingStatus.WAITLISTED
    facts.passes.setdefault(pass_.id, pass_)
    facts.add_booking(Booking(booking_of(pass_), pass_.member_id, pass_.id, status, position, booked_at=NOW))


def assert_asks_for_more(facts: Facts, accepted: AcceptedCommand, question: type[MoreFactsNeeded]) -> None:
    before = deepcopy(facts)
    with pytest.raises(question):
        decide(facts, accepted)
    assert facts == before


def test_a_promotion_past_the_known_line_asks_for_more_and_changes_nothing() -> None:
    assert_asks_for_more(known_in_part(0, known=[ANN]), cancels(ANN), LineContinues)


def test_a_waiter_behind_the_known_line_is_never_promoted_before_those_in_between() -> None:
    facts = known_in_part(0, known=[ANN, DAN])

    assert_asks_for_more(facts, cancels(ANN), LineContinues)


def test_a_promotion_within_the_known_line_needs_no_more() -> None:
    facts = known_in_part(2, known=[ANN, BEN])

    assert events_of(play(facts, cancels(ANN)))[1:] == (WaiterPromoted(booking_of(BEN), BEN.member_id, BEN.id),)


def test_the_same_decision_comes_out_once_the_line_is_known_far_enough() -> None:
    facts = known_in_part(1, known=[ANN])
    asking = cancels(ANN)
    assert_asks_for_more(facts, asking, LineContinues)

    learn(facts, BEN)
    facts.line_known_to = 2

    assert decide(facts, asking) == decide(facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, CAT, DAN]), asking)


def test_a_raise_past_the_known_line_asks_for_more() -> None:
    assert_asks_for_more(known_in_part(2, known=[ANN, BEN]), asked(ChangeCapacity(3)), LineContinues)


def test_a_skip_at_the_end_of_the_known_line_asks_who_comes_next() -> None:
    facts = known_in_part(2, known=[ANN, BEN])
    facts.passes[BEN.id] = replace(BEN, sessions_left=0)

    assert_asks_for_more(facts, cancels(ANN), LineContinues)


def test_a_reconsidered_waiter_from_behind_the_known_line_waits_until_those_before_are_known() -> None:
    facts = known_in_part(0, known=[], booked=0, waiting=2, skipped=1)
    facts.passes[DAN.id] = DAN
    skipped = (RefusalReason.PASS_EXHAUSTED,)
    facts.add_booking(
        Booking(booking_of(DAN), DAN.member_id, DAN.id, BookingStatus.WAITLISTED, 4, booked_at=NOW, skipped=skipped)
    )

    assert_asks_for_more(facts, asked(ReconsiderWaitlist(DAN.id), by=SEATLINE), LineContinues)


def test_no_command_asks_for_the_line_without_a_free_place() -> None:
    facts = known_in_part(0, known=[BEN])
    facts.passes[ANN.id] = ANN

    assert events_of(play(facts, cancels(BEN))) == (
        WaitlistLeft(booking_of(BEN), BEN.member_id, CancelledBy.MEMBER, was_skipped=False),
    )
    assert events_of(play(facts, asked(ChangeCapacity(1))))
    assert facts.line == []


@pytest.mark.parametrize(
    "change",
    [CancelSession("ill"), ClearBookings("ill"), RescheduleSession(START.replace(hour=20), 60, TRAINER, HALL)],
)
def test_a_command_that_concerns_everybody_asks_for_the_roster(change: Command) -> None:
    assert_asks_for_more(known_in_part(0, known=[ANN]), asked(change), RosterNeeded)


def test_a_second_cancelling_of_the_session_needs_no_roster() -> None:
    facts = known_in_part(0, known=[])
    facts.training_session = replace(ONE_PLACE, cancelled=True)

    assert events_of(play(facts, asked(CancelSession("ill")))) == ()


def test_a_booking_needs_neither_the_line_nor_the_roster() -> None:
    facts = known_in_part(0, known=[])
    eve, fay = a_pass("eve"), a_pass("fay")
    facts.passes |= {eve.id: eve, fay.id: fay}

    assert events_of(play(facts, books(eve)))
    assert events_of(play(facts, asked(BookForMember(fay.member_id, fay.id, "by phone"), by=STAFF)))
    assert facts.waiting == 5


def test_a_newcomer_stays_behind_those_not_yet_known() -> None:
    facts = known_in_part(0, known=[ANN])
    eve = a_pass("eve")
    facts.passes[eve.id] = eve
    play(facts, books(eve))

    assert_asks_for_more(facts, cancels(ANN), LineContinues)
    learn(facts, BEN)
    facts.line_known_to = 2
    (_, promoted) = events_of(play(facts, cancels(ANN)))

    assert isinstance(promoted, WaiterPromoted)
    assert promoted.member_id == BEN.member_id


def test_what_the_batch_has_changed_is_not_undone_by_loading_it_again() -> None:
    facts = known_in_part(2, known=[ANN, BEN])
    play(facts, cancels(BEN))

    learn(facts, BEN)

    assert facts.live_booking(BEN.member_id) is None
    assert facts.bookings[booking_of(BEN)].status is BookingStatus.CANCELLED
    assert facts.line == []


def test_a_cancelled_booking_made_known_is_neither_live_nor_in_line() -> None:
    facts = facts_of()
    facts.add_booking(
        Booking(booking_of(ANN), ANN.member_id, ANN.id, BookingStatus.CANCELLED, position=1, booked_at=NOW)
    )

    assert facts.live_booking(ANN.member_id) is None
    assert facts.roster() == []
    assert facts.line == []


def test_the_roster_is_in_order_of_position_and_holds_whoever_is_live() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN], skipped=[CAT])

    assert [booking.member_id for booking in facts.roster()] == [ANN.member_id, BEN.member_id, CAT.member_id]
