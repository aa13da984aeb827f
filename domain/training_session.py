"""The rules for changing a session itself: its capacity, its time, its being cleared or called off."""

from datetime import UTC, datetime, timedelta

from domain.booking import ended
from domain.commands import RescheduleSession
from domain.events import (
    CancelledBy,
    CapacityChanged,
    Event,
    SessionCancelled,
    SessionRescheduled,
    SessionUpdated,
)
from domain.facts import Facts, TrainingSession
from domain.outcomes import Applied, Outcome, Refused
from domain.recorder import moved
from domain.refusals import RefusalReason
from domain.waitlist import fill_places

FREE_CANCELLING_AFTER_RESCHEDULE = timedelta(hours=24)


def change_capacity(facts: Facts, *, capacity: int, now: datetime) -> Outcome:
    """Raise or lower the number of places: raised, the next in line get them; lowered, nobody is evicted."""
    if refused := _over_or_called_off(facts.training_session, now):
        return refused
    changed = CapacityChanged(before=facts.training_session.capacity, after=capacity)
    return Applied((changed, *fill_places(facts, places=capacity - facts.booked, now=now)))


def reschedule(facts: Facts, command: RescheduleSession, *, now: datetime) -> Outcome:
    """Move the session or change its trainer or space; bookings stay, everybody on it is told.

    A new time opens free cancelling for 24 hours or until the new start, and may open promotion again.
    """
    training_session = facts.training_session
    if refused := _over_or_called_off(training_session, now):
        return refused
    if command.starts_at <= now:
        return Refused((RefusalReason.SESSION_STARTED,))
    if facts.taken:
        return Refused(tuple(sorted(facts.taken)))
    facts.roster()
    event: Event
    # Deadlines are durations before the start: in UTC they stay so when the clocks change in between.
    starts_at = command.starts_at.astimezone(UTC)
    if (starts_at, command.lasts_minutes) != (
        training_session.starts_at,
        training_session.lasts_minutes,
    ):
        event = SessionRescheduled(
            starts_at,
            command.lasts_minutes,
            command.trainer_id,
            command.space_id,
            free_cancelling_until=min(now + FREE_CANCELLING_AFTER_RESCHEDULE, starts_at),
        )
    elif (command.trainer_id, command.space_id) != (training_session.trainer_id, training_session.space_id):
        event = SessionUpdated(command.trainer_id, command.space_id)
    else:
        return Applied(())
    after = moved(training_session, event)
    places = training_session.capacity - facts.booked
    return Applied((event, *fill_places(facts, places=places, now=now, training_session=after)))


def clear_bookings(facts: Facts, *, refund: bool) -> Outcome:
    """End every booking, those in line too, also of a session that has started; so nobody moves up."""
    if facts.training_session.cancelled:
        return Refused((RefusalReason.SESSION_CANCELLED,))
    return Applied(tuple(ended(booking, CancelledBy.STAFF, refund=refund) for booking in facts.roster()))


def cancel_session(facts: Facts, *, why: str) -> Outcome:
    """Call the session off: every confirmed booking is refunded, the waitlist released. Twice is the same as once."""
    if facts.training_session.cancelled:
        return Applied(())
    released = (ended(booking, CancelledBy.SESSION) for booking in facts.roster())
    return Applied((SessionCancelled(why), *released))


def _over_or_called_off(training_session: TrainingSession, now: datetime) -> Refused | None:
    if training_session.cancelled:
        return Refused((RefusalReason.SESSION_CANCELLED,))
    if now >= training_session.starts_at:
        return Refused((RefusalReason.SESSION_STARTED,))
    return None
