"""What else a journal's witness holds: the pass of an offer, and what had been taken when a session was moved."""

import json

from domain.commands import CancelBooking, RescheduleSession
from domain.ids import TrainingSessionId
from domain.journal import plain_instant, witness, witnessed_passes, witnessed_taken
from domain.outcomes import Applied
from domain.refusals import RefusalReason
from tests.builders import HALL, NOW, START, TRAINER, a_pass, accepts, an_id, asked, booking_of, books, facts_of

ANN = a_pass("ann")
OTHER = TrainingSessionId(an_id("another session"))
TAKEN = {RefusalReason.SPACE_TAKEN: OTHER, RefusalReason.TRAINER_TAKEN: OTHER}


def test_a_move_witnesses_what_had_been_taken_and_by_which_session() -> None:
    facts = facts_of(confirmed=[ANN])
    facts.taken = TAKEN

    seen = json.loads(json.dumps(witness(facts, asked(RescheduleSession(START, 60, TRAINER, HALL)), Applied(()))))

    assert seen == {"taken": {"space_taken": str(OTHER), "trainer_taken": str(OTHER)}}
    assert witnessed_taken(seen) == TAKEN
    assert witnessed_passes(seen) == {}


def test_a_move_that_nothing_stands_against_witnesses_nothing() -> None:
    seen = witness(facts_of(), asked(RescheduleSession(START, 60, TRAINER, HALL)), Applied(()))

    assert seen == {}
    assert witnessed_taken(seen) == {}


def test_what_had_been_taken_is_the_witness_of_a_move_alone() -> None:
    facts = facts_of(passes=[ANN])
    facts.taken = TAKEN

    assert witnessed_passes(witness(facts, books(ANN), Applied(()))) == {ANN.id: ANN}


def test_an_acceptance_witnesses_the_pass_of_the_booking_if_there_is_one() -> None:
    facts = facts_of(waiting=[ANN])

    assert witnessed_passes(witness(facts, accepts(ANN), Applied(()))) == {ANN.id: ANN}
    assert witness(facts, accepts(a_pass("nobody")), Applied(())) == {}
    assert witness(facts, asked(CancelBooking(booking_of(ANN)), by=ANN.member_id), Applied(())) == {}


def test_an_instant_is_written_in_utc() -> None:
    assert plain_instant(NOW) == "2026-03-02T12:00:00+00:00"
