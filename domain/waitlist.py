"""Who gets a free place, or the offer of it: the waitlist in order, skipping nobody silently."""

from datetime import datetime

from domain.events import Event, PlaceOffered, WaiterPromoted, WaiterReturned, WaiterSkipped
from domain.facts import Facts, TrainingSession
from domain.ids import BookingId, PassId
from domain.outcomes import Applied, Outcome
from domain.passes import unusable_reasons


def fill_places(
    facts: Facts,
    *,
    places: int,
    now: datetime,
    returned: BookingId | None = None,
    training_session: TrainingSession | None = None,
) -> tuple[Event, ...]:
    """Give up to `places` free places to the next in line, in order; those who cannot pay are skipped with reasons.

    Where the session's policy says so they are offered instead, and count as taken until the offer ends.

    `returned` is a skipped waiter who has just come back into line by the same command. Raises `LineContinues`
    when the known line ends before the places do. `training_session` is the session as the command leaves it,
    when that differs from the facts.
    """
    training_session = training_session or facts.training_session
    events: list[Event] = []
    if places < 1 or not training_session.promotes_at(now):
        return ()
    until = training_session.offered_until(now)
    for waiter in facts.waiters(returned):
        reasons = unusable_reasons(
            facts.passes[waiter.pass_id],
            member_id=waiter.member_id,
            training_id=training_session.training_id,
            now=now,
        )
        if reasons:
            events.append(WaiterSkipped(waiter.id, waiter.member_id, waiter.pass_id, reasons))
            continue
        whose = (waiter.id, waiter.member_id, waiter.pass_id)
        events.append(WaiterPromoted(*whose) if until is None else PlaceOffered(*whose, until))
        places -= 1
        if places == 0:
            break
    return tuple(events)


def reconsider(facts: Facts, *, pass_id: PassId, now: datetime) -> Outcome:
    """Look again at the waiter who was skipped because of this pass; nothing happens if it still cannot pay."""
    pass_ = facts.passes.get(pass_id)
    waiter = None if pass_ is None else facts.live_booking(pass_.member_id)
    if waiter is None or not waiter.skipped or waiter.pass_id != pass_id:
        return Applied(())
    training_session = facts.training_session
    if unusable_reasons(pass_, member_id=waiter.member_id, training_id=training_session.training_id, now=now):
        return Applied(())
    places = training_session.capacity - facts.booked
    returned = WaiterReturned(waiter.id, waiter.member_id)
    return Applied((returned, *fill_places(facts, places=places, now=now, returned=waiter.id)))
