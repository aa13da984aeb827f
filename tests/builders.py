"""Plain functions that make the things examples speak of; a test gives only what it is about.

Ids are made from names, or from a counter where no name is given, and every instant is fixed: the same test
sees the same values on every run.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from domain.commands import AcceptedCommand, AcceptOffer, Actor, BookSeat, CancelBooking, Command
from domain.decide import decide
from domain.events import Event
from domain.facts import Booking, BookingStatus, Facts, Pass, TrainingSession
from domain.ids import BookingId, CommandId, MemberId, PassId, SpaceId, TrainerId, TrainingId, TrainingSessionId
from domain.outcomes import Applied, Outcome, Refused
from domain.recorder import record
from domain.refusals import RefusalReason

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday noon: the moment at which commands are accepted, unless a test says another."""

START = datetime(2026, 3, 5, 18, 0, tzinfo=UTC)
"""Thursday evening: the start of a session, unless a test says another."""

TICK = timedelta(microseconds=1)
"""The smallest step of time that the database and the rules can tell apart."""

_NAMES = uuid5(UUID(int=0), "seatline tests")
_numbers = count(1)


def an_id(name: str | None = None) -> UUID:
    """Return the id that belongs to this name, or one that nothing else has."""
    return uuid5(_NAMES, name if name is not None else f"number {next(_numbers)}")


YOGA = TrainingId(an_id("training yoga"))
BOXING = TrainingId(an_id("training boxing"))
TRAINER = TrainerId(an_id("trainer"))
HALL = SpaceId(an_id("space hall"))


def a_member(name: str | None = None) -> MemberId:
    """Return a member's id."""
    return MemberId(an_id(None if name is None else f"member {name}"))


STAFF = Actor(a_member("of the staff"), is_staff=True)
SEATLINE = Actor(None)


def a_training_session(**differences: Any) -> TrainingSession:
    """Return yoga on Thursday evening: ten places, every deadline two hours before the start, 30 minutes of grace."""
    usual = TrainingSession(
        id=TrainingSessionId(an_id("session yoga")),
        training_id=YOGA,
        trainer_id=TRAINER,
        space_id=HALL,
        starts_at=START,
        lasts_minutes=60,
        capacity=10,
        booking_deadline=timedelta(hours=2),
        cancellation_deadline=timedelta(hours=2),
        promotion_deadline=timedelta(hours=2),
        promotion_grace=timedelta(minutes=30),
    )
    return replace(usual, **differences)


def a_pass(of: str | None = None, **differences: Any) -> Pass:
    """Return an active pass of ten sessions for every training; `of` names its member."""
    name = of if of is not None else str(an_id())
    usual = Pass(
        id=PassId(an_id(f"pass of {name}")),
        member_id=a_member(name),
        active=True,
        sessions_left=10,
        expires_at=None,
        trainings=None,
    )
    return replace(usual, **differences)


def booking_of(pass_: Pass) -> BookingId:
    """Return the id of the booking that `facts_of` makes with this pass."""
    return BookingId(an_id(f"booking with pass {pass_.id}"))


def facts_of(
    training_session: TrainingSession | None = None,
    *,
    confirmed: Iterable[Pass] = (),
    waiting: Iterable[Pass] = (),
    skipped: Iterable[Pass] = (),
    passes: Iterable[Pass] = (),
) -> Facts:
    """Return complete facts; the passes name who has a place, who waits and who was skipped, in order of arrival."""
    facts = Facts(training_session or a_training_session(), position=0, booked=0, waiting=0, skipped=0)
    facts.roster_known = True
    facts.passes = {pass_.id: pass_ for pass_ in passes}
    for pass_ in confirmed:
        _on_the_roster(facts, pass_, BookingStatus.CONFIRMED)
        facts.booked += 1
    for pass_ in waiting:
        _on_the_roster(facts, pass_, BookingStatus.WAITLISTED)
        facts.waiting += 1
    for pass_ in skipped:
        _on_the_roster(facts, pass_, BookingStatus.WAITLISTED, (RefusalReason.PASS_EXHAUSTED,))
        facts.skipped += 1
    return facts


def asked(
    command: Command,
    *,
    by: Actor | MemberId = STAFF,
    at: datetime = NOW,
    name: str | None = None,
    training_session: TrainingSession | None = None,
) -> AcceptedCommand:
    """Return the command as the log holds it; `by` staff unless a test says who, `name` fixes its id."""
    return AcceptedCommand(
        id=CommandId(an_id(None if name is None else f"command {name}")),
        seq=next(_numbers),
        training_session_id=(training_session or a_training_session()).id,
        actor=by if isinstance(by, Actor) else Actor(by),
        accepted_at=at,
        command=command,
    )


def books(pass_: Pass, *, at: datetime = NOW) -> AcceptedCommand:
    """Return the pass's member asking for a place."""
    return asked(BookSeat(pass_.id), by=pass_.member_id, at=at)


def cancels(pass_: Pass, *, at: datetime = NOW) -> AcceptedCommand:
    """Return the pass's member giving up the booking that `facts_of` made."""
    return asked(CancelBooking(booking_of(pass_)), by=pass_.member_id, at=at)


def accepts(pass_: Pass, *, at: datetime = NOW) -> AcceptedCommand:
    """Return the pass's member accepting the place that is offered for the booking that `facts_of` made."""
    return asked(AcceptOffer(booking_of(pass_)), by=pass_.member_id, at=at)


def play(facts: Facts, *commands: AcceptedCommand) -> Outcome:
    """Decide and record the commands one after the other and return the last outcome."""
    outcome: Outcome = Applied(())
    for accepted in commands:
        outcome = decide(facts, accepted)
        record(facts, accepted, outcome)
    return outcome


def events_of(outcome: Outcome) -> tuple[Event, ...]:
    """Return the events of an outcome that must be applied."""
    assert isinstance(outcome, Applied), outcome
    return outcome.events


def reasons_of(outcome: Outcome) -> tuple[RefusalReason, ...]:
    """Return the reasons of an outcome that must be a refusal."""
    assert isinstance(outcome, Refused), outcome
    return outcome.reasons


def _on_the_roster(facts: Facts, pass_: Pass, status: BookingStatus, skipped: tuple[RefusalReason, ...] = ()) -> None:
    facts.position += 1
    facts.passes[pass_.id] = pass_
    facts.add_booking(
        Booking(
            id=booking_of(pass_),
            member_id=pass_.member_id,
            pass_id=pass_.id,
            status=status,
            position=facts.position,
            booked_at=NOW - timedelta(days=1),
            skipped=skipped,
        )
    )
