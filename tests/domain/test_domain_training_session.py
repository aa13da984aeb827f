from datetime import UTC, datetime, timedelta

import pytest

from domain.commands import CancelSession, ChangeCapacity, ClearBookings, Command, ReconsiderWaitlist, RescheduleSession
from domain.events import (
    BookingCancelled,
    CancelledBy,
    CapacityChanged,
    SeatBooked,
    SessionCancelled,
    SessionRescheduled,
    SessionUpdated,
    WaiterPromoted,
    WaitlistLeft,
)
from domain.ids import SpaceId, TrainerId
from domain.refusals import RefusalReason
from tests.builders import (
    HALL,
    NOW,
    SEATLINE,
    START,
    TICK,
    TRAINER,
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

ANN = a_pass("ann", sessions_left=0)
BEN = a_pass("ben")
CAT = a_pass("cat")
ONE_PLACE = a_training_session(capacity=1)
GARDEN = SpaceId(an_id("space garden"))
OTHER_TRAINER = TrainerId(an_id("other trainer"))


def moved_to(
    starts_at: datetime = START, *, minutes: int = 60, trainer: TrainerId = TRAINER, space: SpaceId = HALL
) -> RescheduleSession:
    return RescheduleSession(starts_at, minutes, trainer, space)


def test_a_cancelled_session_refunds_every_place_and_releases_the_line() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN], skipped=[CAT])

    outcome = play(facts, asked(CancelSession("the trainer is ill")))

    assert events_of(outcome) == (
        SessionCancelled("the trainer is ill"),
        BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.SESSION),
        WaitlistLeft(booking_of(BEN), BEN.member_id, CancelledBy.SESSION, was_skipped=False),
        WaitlistLeft(booking_of(CAT), CAT.member_id, CancelledBy.SESSION, was_skipped=True),
    )
    assert facts.training_session.cancelled
    assert (facts.booked, facts.waiting, facts.skipped) == (0, 0, 0)
    assert facts.live == {}
    assert facts.line == []
    assert [facts.passes[pass_.id].sessions_left for pass_ in (ANN, BEN, CAT)] == [1, 10, 10]


@pytest.mark.parametrize(("refund", "left"), [(True, 1), (False, 0)])
def test_a_cleared_session_ends_every_booking_and_stays(*, refund: bool, left: int) -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN], skipped=[CAT])

    outcome = play(facts, asked(ClearBookings("the hall is flooded", refund=refund)))

    assert events_of(outcome) == (
        BookingCancelled(booking_of(ANN), ANN.member_id, ANN.id, CancelledBy.STAFF, refunded=refund),
        WaitlistLeft(booking_of(BEN), BEN.member_id, CancelledBy.STAFF, was_skipped=False),
        WaitlistLeft(booking_of(CAT), CAT.member_id, CancelledBy.STAFF, was_skipped=True),
    )
    assert (facts.booked, facts.waiting, facts.skipped, facts.live, facts.line) == (0, 0, 0, {}, [])
    assert facts.passes[ANN.id].sessions_left == left
    assert events_of(play(facts, books(BEN)))[0] == SeatBooked(facts.live[BEN.member_id], BEN.member_id, BEN.id)


def test_a_session_on_which_nobody_is_is_cleared_without_any_change() -> None:
    facts = facts_of(confirmed=[ANN])

    play(facts, asked(ClearBookings("ill")))

    assert events_of(play(facts, asked(ClearBookings("ill")))) == ()


def test_a_session_that_has_started_can_still_be_cleared() -> None:
    assert events_of(play(facts_of(confirmed=[ANN]), asked(ClearBookings("nobody came to teach"), at=START)))


def test_cancelling_a_session_twice_is_the_same_as_once() -> None:
    facts = facts_of(confirmed=[ANN])

    play(facts, asked(CancelSession("the trainer is ill")))
    again = play(facts, asked(CancelSession("the trainer is ill")))

    assert events_of(again) == ()
    assert facts.passes[ANN.id].sessions_left == 1


@pytest.mark.parametrize(
    "later",
    [ChangeCapacity(5), moved_to(START + timedelta(days=1)), ClearBookings("ill")],
    ids=lambda later: type(later).__name__,
)
def test_a_cancelled_session_refuses_later_changes(later: Command) -> None:
    facts = facts_of(a_training_session(cancelled=True))

    assert reasons_of(play(facts, asked(later))) == (RefusalReason.SESSION_CANCELLED,)


def test_a_cancelled_session_refuses_later_bookings_and_cancellations_and_promotes_nobody() -> None:
    facts = facts_of(confirmed=[ANN], passes=[BEN], skipped=[CAT])
    play(facts, asked(CancelSession("the trainer is ill")))

    assert reasons_of(play(facts, books(BEN))) == (RefusalReason.SESSION_CANCELLED,)
    assert reasons_of(play(facts, cancels(ANN))) == (RefusalReason.SESSION_CANCELLED,)
    assert events_of(play(facts, asked(ReconsiderWaitlist(CAT.id), by=SEATLINE))) == ()


@pytest.mark.parametrize(
    "change", [ChangeCapacity(5), moved_to(START + timedelta(days=1))], ids=lambda change: type(change).__name__
)
def test_a_session_that_has_started_is_changed_no_more(change: Command) -> None:
    assert reasons_of(play(facts_of(), asked(change, at=START))) == (RefusalReason.SESSION_STARTED,)
    assert events_of(play(facts_of(), asked(change, at=START - TICK)))


def test_a_session_is_not_moved_to_a_moment_that_is_not_in_the_future() -> None:
    assert reasons_of(play(facts_of(), asked(moved_to(NOW)))) == (RefusalReason.SESSION_STARTED,)
    assert events_of(play(facts_of(), asked(moved_to(NOW + TICK))))


def test_a_moved_session_keeps_its_bookings_and_its_deadlines_move_with_it() -> None:
    later = START + timedelta(days=2)
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    outcome = play(facts, asked(moved_to(later, minutes=90, trainer=OTHER_TRAINER, space=GARDEN)))

    free_until = NOW + timedelta(hours=24)
    assert events_of(outcome) == (SessionRescheduled(later, 90, OTHER_TRAINER, GARDEN, free_until),)
    assert facts.training_session.starts_at.tzinfo is UTC
    session = facts.training_session
    assert (session.starts_at, session.lasts_minutes) == (later, 90)
    assert (session.trainer_id, session.space_id) == (OTHER_TRAINER, GARDEN)
    assert session.booking_closes_at == later - timedelta(hours=2)
    assert [booking.id for booking in facts.roster()] == [booking_of(ANN), booking_of(BEN)]
    assert facts.passes[ANN.id].sessions_left == 0


def test_after_a_reschedule_cancelling_is_free_for_a_day() -> None:
    soon = NOW + timedelta(hours=25)
    free_until = NOW + timedelta(hours=24)
    strict = a_training_session(cancellation_deadline=timedelta(hours=20))

    for moment, allowed in ((free_until - TICK, True), (free_until, False)):
        facts = facts_of(strict, confirmed=[ANN])
        play(facts, asked(moved_to(soon)))
        outcome = play(facts, cancels(ANN, at=moment))
        if allowed:
            assert events_of(outcome)
        else:
            assert reasons_of(outcome) == (RefusalReason.CANCELLATION_CLOSED,)


def test_free_cancelling_after_a_reschedule_ends_with_the_new_start() -> None:
    soon = NOW + timedelta(hours=3)
    facts = facts_of(a_training_session(cancellation_deadline=timedelta(hours=20)), confirmed=[ANN])

    (event,) = events_of(play(facts, asked(moved_to(soon))))

    assert isinstance(event, SessionRescheduled)
    assert event.free_cancelling_until == soon
    assert events_of(play(facts, cancels(ANN, at=soon - TICK)))


def test_another_length_is_another_time() -> None:
    (event,) = events_of(play(facts_of(), asked(moved_to(minutes=45))))

    assert isinstance(event, SessionRescheduled)


@pytest.mark.parametrize(("trainer", "space"), [(OTHER_TRAINER, HALL), (TRAINER, GARDEN), (OTHER_TRAINER, GARDEN)])
def test_another_trainer_or_space_is_an_update_and_opens_no_free_cancelling(trainer: TrainerId, space: SpaceId) -> None:
    facts = facts_of(confirmed=[ANN])

    outcome = play(facts, asked(moved_to(trainer=trainer, space=space)))

    assert events_of(outcome) == (SessionUpdated(trainer, space),)
    assert (facts.training_session.trainer_id, facts.training_session.space_id) == (trainer, space)
    assert facts.training_session.free_cancelling_until is None


def test_an_update_leaves_a_free_cancelling_time_as_it_was() -> None:
    free = a_training_session(free_cancelling_until=START)
    facts = facts_of(free)

    play(facts, asked(moved_to(space=GARDEN)))

    assert facts.training_session.free_cancelling_until == START


def test_a_change_to_what_is_already_so_changes_nothing() -> None:
    facts = facts_of(confirmed=[ANN])

    assert events_of(play(facts, asked(moved_to()))) == ()


def test_a_reschedule_that_opens_promotion_again_fills_the_free_place() -> None:
    ended = START - timedelta(hours=1)
    facts = facts_of(ONE_PLACE, waiting=[BEN, CAT])

    outcome = play(facts, asked(moved_to(START + timedelta(days=1)), at=ended))

    assert events_of(outcome)[1:] == (WaiterPromoted(booking_of(BEN), BEN.member_id, BEN.id),)
    assert facts.bookings[booking_of(BEN)].promoted_at == ended


def test_a_reschedule_that_ends_promotion_leaves_the_line_as_it_is() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    play(facts, asked(moved_to(NOW + timedelta(hours=2))))

    assert events_of(play(facts, cancels(ANN)))[1:] == ()
    assert facts.waiting == 1


def test_raising_the_capacity_after_promotion_has_ended_promotes_nobody() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    outcome = play(facts, asked(ChangeCapacity(2), at=START - timedelta(hours=2)))

    assert events_of(outcome) == (CapacityChanged(1, 2),)
