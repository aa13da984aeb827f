"""The studio is in Kyiv, where clocks change on 29 March and on 25 October 2026, at night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.commands import RescheduleSession
from domain.events import SessionRescheduled
from domain.facts import TrainingSession
from domain.refusals import RefusalReason
from tests.builders import (
    HALL,
    TICK,
    TRAINER,
    a_pass,
    a_training_session,
    asked,
    books,
    cancels,
    events_of,
    facts_of,
    play,
    reasons_of,
)

KYIV = ZoneInfo("Europe/Kyiv")
ANN = a_pass("ann")
BEN = a_pass("ben")
TWELVE_HOURS = timedelta(hours=12)


def at_the_studio(day: datetime) -> datetime:
    """The instant at which the studio's clock shows this."""
    return day.replace(tzinfo=KYIV).astimezone(UTC)


def a_morning_session(starts_at: datetime) -> TrainingSession:
    return a_training_session(
        starts_at=starts_at,
        capacity=1,
        booking_deadline=TWELVE_HOURS,
        cancellation_deadline=TWELVE_HOURS,
        promotion_deadline=TWELVE_HOURS,
    )


SPRING = (datetime(2026, 3, 29, 9, 0), datetime(2026, 3, 28, 20, 0))  # noqa: DTZ001 - what a clock on the wall shows
AUTUMN = (datetime(2026, 10, 25, 9, 0), datetime(2026, 10, 24, 22, 0))  # noqa: DTZ001
nights = pytest.mark.parametrize(("starts", "closes"), [SPRING, AUTUMN], ids=["an hour is lost", "an hour comes twice"])
"""Twelve hours before nine in the morning is not nine in the evening when the clocks change in between."""


@nights
def test_booking_closes_twelve_real_hours_before_the_start(starts: datetime, closes: datetime) -> None:
    session = a_morning_session(at_the_studio(starts))
    last = at_the_studio(closes)

    assert session.booking_closes_at == last
    assert events_of(play(facts_of(session, passes=[ANN]), books(ANN, at=last - TICK)))
    refused = play(facts_of(session, passes=[ANN]), books(ANN, at=last))
    assert reasons_of(refused) == (RefusalReason.BOOKING_CLOSED,)


@nights
def test_cancelling_and_promotion_end_twelve_real_hours_before_the_start(starts: datetime, closes: datetime) -> None:
    session = a_morning_session(at_the_studio(starts))
    last = at_the_studio(closes)

    in_time = play(facts_of(session, confirmed=[ANN], waiting=[BEN]), cancels(ANN, at=last - TICK))
    too_late = play(facts_of(session, confirmed=[ANN], waiting=[BEN]), cancels(ANN, at=last))

    assert len(events_of(in_time)) == 2
    assert reasons_of(too_late) == (RefusalReason.CANCELLATION_CLOSED,)
    assert not session.promotes_at(last)


@nights
def test_a_session_moved_across_the_night_takes_its_deadlines_along(starts: datetime, closes: datetime) -> None:
    facts = facts_of(a_morning_session(at_the_studio(starts) - timedelta(days=7)), passes=[ANN])
    move = RescheduleSession(at_the_studio(starts), 60, TRAINER, HALL)

    play(facts, asked(move, at=at_the_studio(starts) - timedelta(days=8)))

    assert facts.training_session.booking_closes_at == at_the_studio(closes)


@nights
def test_free_cancelling_after_a_move_lasts_twenty_four_real_hours(starts: datetime, closes: datetime) -> None:
    moved_at = at_the_studio(closes)
    facts = facts_of(a_morning_session(at_the_studio(starts)), confirmed=[ANN])
    move = RescheduleSession(at_the_studio(starts) + timedelta(days=3), 60, TRAINER, HALL)

    (event,) = events_of(play(facts, asked(move, at=moved_at)))

    assert isinstance(event, SessionRescheduled)
    assert event.free_cancelling_until - moved_at == timedelta(hours=24)
    assert event.free_cancelling_until.astimezone(KYIV).replace(tzinfo=None) != closes + timedelta(days=1)
