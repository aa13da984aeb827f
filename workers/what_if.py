"""What a command would do if it were decided now: the same rules, facts loaded the same way, and nothing written."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from domain.commands import AcceptedCommand, Actor, CancelSession, ClearBookings, Command
from domain.decide import decide
from domain.events import (
    BookingCancelled,
    Event,
    PlaceOffered,
    SessionRescheduled,
    SessionUpdated,
    WaiterPromoted,
    WaiterSkipped,
    WaitlistLeft,
)
from domain.facts import LineContinues, RosterNeeded
from domain.ids import CommandId, MemberId, TrainingSessionId
from domain.notices import notices_for
from domain.outcomes import Applied, Outcome, Refused
from domain.recorder import record
from domain.refusals import RefusalReason
from storage.database import Db
from storage.facts import BatchFacts, load_facts, load_head_of_roster, load_more_of_the_line
from storage.identifiers import new_id
from storage.journal import snapshot
from storage.offers import count_offers
from storage.queries.changes import database_now
from storage.queries.commands import count_waiting
from storage.queries.members import names_of
from storage.session_rows import LockedSession, read_training_session

LISTED_MAX = 20  # people named of each group; the rest are counted
LOOKED_AT_MAX = 500  # waiters whose passes are looked at for free places
_ENDS_ALL = CancelSession | ClearBookings


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom it concerns; `reasons` say why a waiter would be passed over."""

    member_id: MemberId
    name: str = ""
    reasons: tuple[RefusalReason, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """How many, and the first of them in order."""

    count: int
    first: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would come of a command; with `refused` nothing else would.

    `offered` could accept a place for a while. `released` leave the line, or a place without refund. `may_follow` is
    how many more would at most move up from behind the waiters that were looked at. `commands_waiting` is how many
    commands of the session are decided first, and may change all of this.
    """

    refused: tuple[RefusalReason, ...]
    promoted: People
    offered: People
    refunded: People
    released: People
    skipped: People
    told: People
    may_follow: int
    commands_waiting: int


def what_if(db: Db, training_session_id: TrainingSessionId, actor: Actor, command: Command) -> WhatIf | None:
    """Return what the command would do if it were the next to be decided, at this moment; None for no such session.

    Reads in one READ ONLY snapshot: it writes nothing, locks nothing, and delays nobody. So it may miss what changes
    until the command is decided: commands of the session that wait already (it says how many), passes that other
    sessions charge, deadlines that pass meanwhile. Cost does not grow with the line: at most `LOOKED_AT_MAX` waiters
    are looked at, and whom a command concerns for being on the session at all is counted by the session's row.
    """
    with snapshot(db):
        session = read_training_session(db, training_session_id)
        if session is None:
            return None
        accepted = AcceptedCommand(CommandId(new_id()), 0, training_session_id, actor, database_now(db), command)
        loaded = load_facts(db, session, [accepted], to_write=False)
        outcome = _decide(db, loaded, accepted)
        seen = _seen(session, loaded, accepted, outcome, offers=count_offers(db, training_session_id))
        listed = [seen.promoted, seen.offered, seen.refunded, seen.released, seen.skipped, seen.told]
        names = names_of(db, {one.member_id for people in listed for one in people.first})
        waiting = count_waiting(db, training_session_id)
    promoted, offered, refunded, released, skipped, told = (_named(people, names) for people in listed)
    return replace(
        seen,
        promoted=promoted,
        offered=offered,
        refunded=refunded,
        released=released,
        skipped=skipped,
        told=told,
        commands_waiting=waiting,
    )


def _decide(db: Db, loaded: BatchFacts, accepted: AcceptedCommand) -> Outcome:
    """Decide as a batch does, but look no farther down the line than is worth saying."""
    facts = loaded.facts
    while True:
        try:
            return decide(facts, accepted)
        except LineContinues:
            if len(facts.line) >= LOOKED_AT_MAX:
                facts.line_known_to = None
            else:
                load_more_of_the_line(db, loaded)
        except RosterNeeded:
            load_head_of_roster(db, loaded, limit=LISTED_MAX)


def _seen(
    session: LockedSession, loaded: BatchFacts, accepted: AcceptedCommand, outcome: Outcome, *, offers: int
) -> WhatIf:
    """Tell from the events whom it concerns; who was not loaded fares as those who were, and is counted.

    So many `offers` are among those that the session's row counts as booked.
    """
    facts = loaded.facts
    unread = session.waiting - len(facts.line)
    record(facts, accepted, outcome)
    events = outcome.events if isinstance(outcome, Applied) else ()
    notices = notices_for(facts, accepted, outcome)
    ends_all = bool(events) and isinstance(accepted.command, _ENDS_ALL)
    refunded = [event for event in events if isinstance(event, BookingCancelled) and event.refunded]
    released = [
        event
        for event in events
        if isinstance(event, WaitlistLeft) or (isinstance(event, BookingCancelled) and not event.refunded)
    ]
    promoted = [event for event in events if isinstance(event, WaiterPromoted)]
    offered = [event for event in events if isinstance(event, PlaceOffered)]
    skipped = [event for event in events if isinstance(event, WaiterSkipped)]
    told = [Person(id_) for id_ in dict.fromkeys(notice.member_id for notice in notices)]
    everybody = session.booked + session.waiting + session.skipped
    concerns_all = ends_all or any(isinstance(event, SessionRescheduled | SessionUpdated) for event in events)
    places = session.booked - offers
    owed = places if ends_all and getattr(accepted.command, "refund", True) else 0
    fills_places = bool(promoted or offered or skipped)
    return WhatIf(
        refused=outcome.reasons if isinstance(outcome, Refused) else (),
        promoted=_people(promoted),
        offered=_people(offered),
        refunded=_people(refunded, owed if ends_all else None),
        released=_people(released, everybody - owed if ends_all else None),
        skipped=_people(skipped),
        told=People(everybody if concerns_all else len(told), tuple(told[:LISTED_MAX])),
        may_follow=max(min(unread, facts.training_session.capacity - facts.booked), 0) if fills_places else 0,
        commands_waiting=0,
    )


def _people(events: Iterable[Event], count: int | None = None) -> People:
    found = [
        Person(event.member_id, reasons=event.reasons if isinstance(event, WaiterSkipped) else ())
        for event in events
        if isinstance(event, WaiterPromoted | PlaceOffered | WaiterSkipped | BookingCancelled | WaitlistLeft)
    ]
    return People(len(found) if count is None else count, tuple(found[:LISTED_MAX]))


def _named(people: People, names: dict[MemberId, str]) -> People:
    return replace(people, first=tuple(replace(one, name=names.get(one.member_id, "")) for one in people.first))
