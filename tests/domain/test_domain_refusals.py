import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.commands import BookSeat, CancelBooking, ChangeCapacity, RescheduleSession
from domain.facts import Facts
from domain.ids import BookingId, TrainingSessionId
from domain.outcomes import Outcome
from domain.policies import Offer, Policies
from domain.refusals import SENTENCES, RefusalReason
from tests.builders import (
    BOXING,
    HALL,
    NOW,
    START,
    TRAINER,
    a_pass,
    a_training_session,
    accepts,
    an_id,
    asked,
    booking_of,
    books,
    cancels,
    facts_of,
    play,
    reasons_of,
)

ANN = a_pass("ann")
BEN = a_pass("ben")
ONE_PLACE = a_training_session(capacity=1)


def book_with(**wrong: object) -> Outcome:
    pass_ = a_pass("ann", **wrong)
    return play(facts_of(passes=[pass_]), books(pass_))


def book_in(facts: Facts) -> Outcome:
    facts.passes.setdefault(ANN.id, ANN)
    return play(facts, books(ANN))


def move_where(taken: RefusalReason) -> Outcome:
    facts = facts_of()
    facts.taken = {taken: TrainingSessionId(an_id("another session"))}
    return play(facts, asked(RescheduleSession(START + timedelta(days=1), 60, TRAINER, HALL)))


def offered_to_ann() -> Facts:
    session = a_training_session(capacity=1, policies=Policies(offer=Offer(30)))
    facts = facts_of(session, confirmed=[BEN], waiting=[ANN])
    play(facts, cancels(BEN))
    return facts


def with_another_booking() -> Facts:
    facts = facts_of(a_training_session(policies=Policies(upcoming_limit=1)))
    facts.upcoming = {ANN.member_id: (START,)}
    return facts


SCENARIOS: dict[RefusalReason, Callable[[], Outcome]] = {
    RefusalReason.ALREADY_BOOKED: lambda: book_in(facts_of(confirmed=[ANN])),
    RefusalReason.ALREADY_WAITLISTED: lambda: book_in(facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN])),
    RefusalReason.BOOKING_CLOSED: lambda: play(facts_of(passes=[ANN]), books(ANN, at=START - timedelta(hours=2))),
    RefusalReason.BOOKING_NOT_OPEN: lambda: book_in(facts_of(a_training_session(booking_opens_at=START))),
    RefusalReason.SESSION_CANCELLED: lambda: book_in(facts_of(a_training_session(cancelled=True))),
    RefusalReason.SESSION_STARTED: lambda: play(facts_of(passes=[ANN]), books(ANN, at=START)),
    RefusalReason.PASS_NOT_FOUND: lambda: play(facts_of(), books(ANN)),
    RefusalReason.PASS_NOT_YOURS: lambda: play(facts_of(passes=[BEN]), asked(BookSeat(BEN.id), by=ANN.member_id)),
    RefusalReason.PASS_EXPIRED: lambda: book_with(expires_at=NOW),
    RefusalReason.PASS_EXHAUSTED: lambda: book_with(sessions_left=0),
    RefusalReason.PASS_NOT_APPLICABLE: lambda: book_with(trainings=frozenset({BOXING})),
    RefusalReason.PASS_INACTIVE: lambda: book_with(active=False),
    RefusalReason.CANCELLATION_CLOSED: lambda: play(
        facts_of(confirmed=[ANN]), cancels(ANN, at=START - timedelta(hours=2))
    ),
    RefusalReason.BOOKING_NOT_FOUND: lambda: play(
        facts_of(), asked(CancelBooking(BookingId(an_id("no booking"))), by=ANN.member_id)
    ),
    RefusalReason.BOOKING_NOT_YOURS: lambda: play(
        facts_of(confirmed=[BEN]), asked(CancelBooking(booking_of(BEN)), by=ANN.member_id)
    ),
    RefusalReason.WAITLIST_FULL: lambda: book_in(
        facts_of(a_training_session(capacity=1, waitlist_limit=1), confirmed=[BEN], waiting=[a_pass("cat")])
    ),
    RefusalReason.ALREADY_OFFERED: lambda: book_in(offered_to_ann()),
    RefusalReason.NOT_OFFERED: lambda: play(facts_of(ONE_PLACE, confirmed=[BEN], waiting=[ANN]), accepts(ANN)),
    RefusalReason.OFFER_EXPIRED: lambda: play(offered_to_ann(), accepts(ANN, at=NOW + timedelta(minutes=30))),
    RefusalReason.BOOKING_LIMIT_REACHED: lambda: book_in(with_another_booking()),
    RefusalReason.SPACE_TAKEN: lambda: move_where(RefusalReason.SPACE_TAKEN),
    RefusalReason.TRAINER_TAKEN: lambda: move_where(RefusalReason.TRAINER_TAKEN),
    RefusalReason.NOT_PERMITTED: lambda: play(facts_of(), asked(ChangeCapacity(1), by=ANN.member_id)),
}

GIVEN_WHEN_ACCEPTING = {RefusalReason.SESSION_NOT_FOUND}
"""A command for a session that does not exist never reaches the rules."""


@pytest.mark.parametrize("reason", SCENARIOS, ids=str)
def test_a_reason_is_reached_and_comes_alone_where_nothing_else_is_wrong(reason: RefusalReason) -> None:
    assert reasons_of(SCENARIOS[reason]()) == (reason,)


def test_every_reason_has_its_scenario() -> None:
    assert set(SCENARIOS) | GIVEN_WHEN_ACCEPTING == set(RefusalReason)
    assert not set(SCENARIOS) & GIVEN_WHEN_ACCEPTING


@pytest.mark.parametrize("reason", RefusalReason, ids=str)
def test_every_reason_has_a_sentence_of_its_own_that_says_what_to_do(reason: RefusalReason) -> None:
    sentence = SENTENCES[reason]

    assert re.fullmatch(r"[A-Z][^;]*; [^;]*\.", sentence), sentence
    assert list(SENTENCES.values()).count(sentence) == 1


def test_the_codes_are_the_ones_clients_depend_on() -> None:
    assert {str(reason) for reason in RefusalReason} == {
        "already_booked",
        "already_offered",
        "already_waitlisted",
        "booking_limit_reached",
        "booking_closed",
        "booking_not_found",
        "booking_not_open",
        "booking_not_yours",
        "cancellation_closed",
        "not_offered",
        "not_permitted",
        "offer_expired",
        "pass_exhausted",
        "pass_expired",
        "pass_inactive",
        "pass_not_applicable",
        "pass_not_found",
        "pass_not_yours",
        "session_cancelled",
        "session_not_found",
        "session_started",
        "space_taken",
        "trainer_taken",
        "waitlist_full",
    }
