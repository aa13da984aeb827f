"""The journal's plain form: what is stored of each outcome, and the receipt that chains them.

Anyone who has a session's opening facts and its journal can compute every receipt again; `seatline audit` does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, get_args
from uuid import UUID

import orjson

from domain.commands import AcceptedCommand, AcceptOffer, BookForMember, BookSeat, ReconsiderWaitlist, RescheduleSession
from domain.events import Event, PlaceOffered, WaiterPromoted, WaiterSkipped
from domain.facts import Facts, Pass
from domain.ids import MemberId, PassId, TrainingId, TrainingSessionId
from domain.outcomes import Applied, CommandStatus, Failed, Outcome, Refused
from domain.refusals import RefusalReason

Plain = dict[str, Any]

_TAKEN = "taken"
_UPCOMING = "upcoming"


def plain_outcome(outcome: Outcome) -> Plain:
    """Return the outcome as plain JSON values, the form that is stored, shown and chained."""
    match outcome:
        case Applied(events):
            return {"status": str(CommandStatus.APPLIED), "events": [_plain_event(event) for event in events]}
        case Refused(reasons):
            return {"status": str(CommandStatus.REFUSED), "reasons": [str(reason) for reason in reasons]}
        case Failed(error):
            return {"status": str(CommandStatus.FAILED), "error": error}


def witness(facts: Facts, accepted: AcceptedCommand, outcome: Outcome) -> Plain:
    """Return the facts from outside the session that the decision looked at: the state of each pass, by its id.

    Take it *before* the outcome is recorded. A pass that does not exist is witnessed as None. Of a reschedule it is
    which sessions had taken the space or the trainer; that nobody had is witnessed by nothing. Of a booking where there
    is a limit it is also when the member's other sessions of the training start that were still to come.
    """
    if isinstance(accepted.command, RescheduleSession) and facts.taken:
        return {_TAKEN: {str(reason): str(id_) for reason, id_ in facts.taken.items()}}
    looked_at: list[PassId] = []
    if isinstance(accepted.command, BookSeat | BookForMember | ReconsiderWaitlist):
        looked_at.append(accepted.command.pass_id)
    if isinstance(accepted.command, AcceptOffer) and accepted.command.booking_id in facts.bookings:
        looked_at.append(facts.bookings[accepted.command.booking_id].pass_id)
    if isinstance(outcome, Applied):
        looked_at += [
            event.pass_id
            for event in outcome.events
            if isinstance(event, WaiterPromoted | PlaceOffered | WaiterSkipped)
        ]
    seen: Plain = {str(pass_id): _plain_pass(facts.passes.get(pass_id)) for pass_id in looked_at}
    if isinstance(accepted.command, BookSeat) and accepted.actor.member_id in facts.upcoming:
        upcoming = facts.upcoming_at(accepted.actor.member_id, accepted.accepted_at)
        seen[_UPCOMING] = [plain_instant(start) for start in upcoming]
    return seen


def witnessed_passes(seen: Mapping[str, Any]) -> dict[PassId, Pass]:
    """Return the passes of a stored witness as facts again; those that did not exist are left out."""
    return {id_: _pass_of(id_, seen[str(id_)]) for id_ in looked_at_passes(seen) if seen[str(id_)] is not None}


def looked_at_passes(seen: Mapping[str, Any]) -> list[PassId]:
    """Return the passes that a stored witness speaks of, those too that did not exist."""
    return [PassId(UUID(id_)) for id_ in seen if id_ not in {_TAKEN, _UPCOMING}]


def witnessed_taken(seen: Mapping[str, Any]) -> dict[RefusalReason, TrainingSessionId]:
    """Return what had been taken, by a stored witness."""
    return {RefusalReason(reason): TrainingSessionId(UUID(id_)) for reason, id_ in seen.get(_TAKEN, {}).items()}


def witnessed_upcoming(seen: Mapping[str, Any]) -> tuple[datetime, ...] | None:
    """Return when the member's other sessions started, by a stored witness; None where nobody looked."""
    starts = seen.get(_UPCOMING)
    return None if starts is None else tuple(datetime.fromisoformat(start) for start in starts)


def first_receipt(opening: Mapping[str, Any]) -> str:
    """Return the receipt that stands before a session's first command: the hash of the facts it opened with."""
    return sha256(canonical(opening)).hexdigest()


def receipt(previous: str, entry: Mapping[str, Any]) -> str:
    """Return sha256(previous receipt + canonical entry) in hex: the proof of this entry and all before it."""
    return sha256(previous.encode() + canonical(entry)).hexdigest()


def entry_of(
    *, command_id: UUID, position: int, actor: str, kind: str, payload: Plain, accepted_at: datetime,
    outcome: Plain, seen: Plain,
) -> Plain:  # fmt: skip
    """Return the journal entry that a receipt vouches for."""
    return {
        "id": str(command_id),
        "position": position,
        "actor": actor,
        "kind": kind,
        "payload": payload,
        "accepted_at": plain_instant(accepted_at),
        "outcome": outcome,
        "witness": seen,
    }


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a plain value: keys sorted by code point, no spaces, UTF-8.

    Any JSON library can write it; this one does so fourteen times faster than the standard library's, and a worker
    writes it three times for each command.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def plain_instant(instant: datetime) -> str:
    """Return the instant in ISO 8601 and UTC: one text for one instant, whatever zone it came in."""
    return instant.astimezone(UTC).isoformat()


def _plain_event(event: Event) -> Plain:
    name, shape = _SHAPES[type(event)]
    plain: Plain = {"event": name}
    for field, default in shape:
        value = getattr(event, field)
        if value != default:
            plain[field] = _plain_value(value)
    return plain


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


_SHAPES = {
    kind: (_snake(kind.__name__), tuple((field.name, field.default) for field in fields(kind)))
    for kind in get_args(Event)
}
"""`SeatBooked` is written as `seat_booked`; its fields keep their names, and one that has its default is left out."""


def _plain_value(value: object) -> object:
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return plain_instant(value)
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return str(value)


def _plain_pass(pass_: Pass | None) -> Plain | None:
    if pass_ is None:
        return None
    return {
        "member_id": str(pass_.member_id),
        "active": pass_.active,
        "sessions_left": pass_.sessions_left,
        "expires_at": None if pass_.expires_at is None else plain_instant(pass_.expires_at),
        "trainings": None if pass_.trainings is None else _sorted_texts(pass_.trainings),
    }


def _sorted_texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(str(id_) for id_ in ids)


def _pass_of(pass_id: PassId, plain: Plain) -> Pass:
    expires_at, trainings = plain["expires_at"], plain["trainings"]
    return Pass(
        id=pass_id,
        member_id=MemberId(UUID(plain["member_id"])),
        active=plain["active"],
        sessions_left=plain["sessions_left"],
        expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
        trainings=None if trainings is None else frozenset(TrainingId(UUID(id_)) for id_ in trainings),
    )
