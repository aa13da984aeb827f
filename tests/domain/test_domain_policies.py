"""Policies of a training beyond offers: a limit for each member, refunds that end early, and how they are explained."""

from datetime import time, timedelta

import pytest

from domain.booking import cancelling_closes_at, refunding_closes_at
from domain.commands import BookForMember, RescheduleSession
from domain.events import BookingCancelled, CancelledBy, SeatBooked
from domain.explanations import SENTENCES as EXPLANATIONS
from domain.explanations import explained
from domain.facts import Facts
from domain.journal import looked_at_passes, witness, witnessed_upcoming
from domain.policies import Offer, Policies
from domain.quiet_hours import QuietHours
from domain.refusals import RULES, SENTENCES, RefusalReason
from tests.builders import (
    HALL,
    NOW,
    START,
    TICK,
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
    reasons_of,
)

ANN = a_pass("ann", sessions_left=3)
LIMITED = a_training_session(policies=Policies(upcoming_limit=2))
DAY = timedelta(days=1)
REFUNDS_FOR_A_DAY = a_training_session(policies=Policies(refund_deadline_minutes=24 * 60))


def with_upcoming(*starts: timedelta) -> Facts:
    facts = facts_of(LIMITED, passes=[ANN])
    facts.upcoming = {ANN.member_id: tuple(NOW + start for start in starts)}
    return facts


@pytest.mark.parametrize("starts", [(), (DAY,), (DAY, timedelta(0)), (DAY, -TICK)])
def test_below_the_limit_a_member_books_and_what_has_begun_does_not_count(starts: tuple[timedelta, ...]) -> None:
    assert isinstance(events_of(play(with_upcoming(*starts), books(ANN)))[0], SeatBooked)


def test_who_has_no_other_booking_is_below_any_limit() -> None:
    assert isinstance(events_of(play(facts_of(LIMITED, passes=[ANN]), books(ANN)))[0], SeatBooked)


def test_at_the_limit_a_member_is_refused_and_staff_are_not() -> None:
    assert reasons_of(play(with_upcoming(DAY, TICK), books(ANN))) == (RefusalReason.BOOKING_LIMIT_REACHED,)

    for_ann = asked(BookForMember(ANN.member_id, ANN.id, "by phone"))
    assert isinstance(events_of(play(with_upcoming(DAY, TICK), for_ann))[0], SeatBooked)


def test_who_is_in_the_session_already_is_told_that_and_not_of_the_limit() -> None:
    facts = facts_of(LIMITED, confirmed=[ANN])
    facts.upcoming = {ANN.member_id: (START, START)}

    assert reasons_of(play(facts, books(ANN))) == (RefusalReason.ALREADY_BOOKED,)


def test_the_journal_keeps_what_the_limit_counted_and_only_where_there_is_one() -> None:
    facts, asking = with_upcoming(DAY, -DAY), books(ANN)
    seen = witness(facts, asking, play(facts, asking))
    free = facts_of(passes=[ANN])
    unlimited = witness(free, asking, play(free, asking))

    assert seen["upcoming"] == [(NOW + DAY).isoformat()]
    assert witnessed_upcoming(seen) == (NOW + DAY,)
    assert looked_at_passes(seen) == [ANN.id] == looked_at_passes(unlimited)
    assert witnessed_upcoming(unlimited) is None
    assert "upcoming" not in unlimited


def test_a_member_gets_the_session_back_until_the_refund_ends_and_may_cancel_until_the_deadline() -> None:
    refund_ends = START - DAY
    for at, refunded in ((refund_ends - TICK, True), (refund_ends, False), (START - timedelta(hours=2) - TICK, False)):
        facts = facts_of(REFUNDS_FOR_A_DAY, confirmed=[ANN])
        left_before = facts.passes[ANN.id].sessions_left

        outcome = play(facts, cancels(ANN, at=at))

        expected = BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.MEMBER, refunded=refunded)
        assert events_of(outcome) == (expected,)
        assert facts.passes[ANN.id].sessions_left == (left_before or 0) + refunded
    late = play(facts_of(REFUNDS_FOR_A_DAY, confirmed=[ANN]), cancels(ANN, at=START - timedelta(hours=2)))
    assert reasons_of(late) == (RefusalReason.CANCELLATION_CLOSED,)


def test_the_place_given_back_without_a_refund_goes_to_the_next_in_line() -> None:
    session = a_training_session(capacity=1, policies=Policies(refund_deadline_minutes=24 * 60))
    facts = facts_of(session, confirmed=[ANN], waiting=[a_pass("ben")])

    cancelled, promoted = events_of(play(facts, cancels(ANN, at=START - timedelta(hours=12))))

    assert isinstance(cancelled, BookingCancelled)
    assert not cancelled.refunded
    assert type(promoted).__name__ == "WaiterPromoted"


def test_a_move_lets_everybody_cancel_with_a_refund_for_a_day() -> None:
    moving = asked(RescheduleSession(START + timedelta(hours=1), 60, TRAINER, HALL), at=START - timedelta(hours=5))
    facts = facts_of(REFUNDS_FOR_A_DAY, confirmed=[ANN])
    play(facts, moving)
    booking = facts.bookings[booking_of(ANN)]

    assert refunding_closes_at(facts.training_session, booking) == START + timedelta(hours=1)
    assert cancelling_closes_at(facts.training_session, booking) == START + timedelta(hours=1)


def test_without_the_policy_refunds_end_with_cancelling() -> None:
    facts = facts_of(confirmed=[ANN])
    booking = facts.bookings[booking_of(ANN)]

    closes_at = cancelling_closes_at(facts.training_session, booking)
    assert refunding_closes_at(facts.training_session, booking) == closes_at == START - timedelta(hours=2)


def test_booking_opens_as_long_before_a_new_start() -> None:
    opens_at = Policies(booking_window_minutes=7 * 24 * 60).opens_at(START)
    facts = facts_of(a_training_session(booking_opens_at=opens_at))

    play(facts, asked(RescheduleSession(START + DAY, 60, TRAINER, HALL)))

    assert opens_at == START - 7 * DAY
    assert facts.training_session.booking_opens_at == START - 6 * DAY
    assert Policies().opens_at(START) is None


EVERYTHING = a_training_session(
    waitlist_limit=4, policies=Policies(upcoming_limit=2, offer=Offer(45, QuietHours(time(22), time(7, 30))))
)


def test_each_policy_is_explained_in_the_words_in_which_it_refuses() -> None:
    for one in explained(EVERYTHING):
        said = one.sentence % one.values
        assert said.startswith(RULES[one.reason])
        assert SENTENCES[one.reason].startswith(RULES[one.reason])
        assert one.sentence in EXPLANATIONS
    assert [one.sentence % one.values for one in explained(EVERYTHING)] == [
        "You can hold only so many upcoming bookings of this training at a time: 2.",
        "Only so many can wait in line for this session: 4.",
        f"{RULES[RefusalReason.OFFER_EXPIRED]}: within 45 minutes, not counting 22:00 to 07:30.",
    ]


def test_where_nothing_is_decided_nothing_is_explained() -> None:
    assert list(explained(a_training_session())) == []
    (offer,) = explained(a_training_session(policies=Policies(offer=Offer(30))))
    assert offer.reason is RefusalReason.OFFER_EXPIRED
    assert offer.sentence % offer.values == (
        "A free place is offered to the next in line, who has to accept it in time: within 30 minutes."
    )
