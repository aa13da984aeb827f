"""Happenings: the present state of a command, booking or session, as event streams send it.

They come from two sources that say the same: the outcomes that workers publish, and the database.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from api.problems import explained
from domain.refusals import RefusalReason
from storage.queries.changes import BookingChange, CommandChange, SessionState

Kind = Literal["command", "booking", "session"]


@dataclass(frozen=True)
class Happening:
    """The state of one thing at one instant; `audience` is the member it concerns, None for those who watch it.

    `order` grows with each change of the same thing, so that of two states the later one is known.
    """

    kind: Kind
    id: UUID
    at: datetime
    order: int
    state: dict[str, Any]
    audience: UUID | None = None

    @property
    def key(self) -> tuple[Kind, UUID]:
        """What the state is of."""
        return self.kind, self.id

    @cached_property
    def frame(self) -> bytes:
        """The happening as one event of a stream, encoded once for all who hear it."""
        data = json.dumps(self.state, separators=(",", ":"), ensure_ascii=False)
        return f"id: {microseconds(self.at)}\nevent: {self.kind}\ndata: {data}\n\n".encode()


def microseconds(at: datetime) -> int:
    """Return the instant as whole microseconds since 1970: the `id` of events."""
    return round(at.timestamp() * 1_000_000)


def instant_of(event_id: int) -> datetime:
    """Return the instant that an event's `id` stands for."""
    return datetime.fromtimestamp(event_id / 1_000_000, UTC)


def published(message: str) -> Iterator[Happening]:
    """Yield what one published batch tells; see `workers.outcomes.message_of` for its shape."""
    batch = json.loads(message)
    at = datetime.fromisoformat(batch["applied_at"])
    for command in batch["commands"]:
        yield _command(at=at, actor_id=_uuid(command.pop("actor_id")), state=command)
    for booking in batch["bookings"]:
        yield _booking(at=at, member_id=UUID(booking.pop("member_id")), state=booking)
    yield _session(at, batch["session"])


def of_command(change: CommandChange) -> Happening:
    """Return a settled command as the database has it."""
    state = {
        "id": str(change.id),
        "session_id": str(change.training_session_id),
        "kind": change.kind,
        "status": change.status,
        "position": change.position,
        "reasons": change.reasons,
    }
    return _command(at=change.changed_at, actor_id=change.actor_id, state=state)


def of_booking(change: BookingChange) -> Happening:
    """Return a booking as the database has it."""
    state = {
        "id": str(change.id),
        "session_id": str(change.training_session_id),
        "status": change.status,
        "skipped": change.skipped,
    }
    return _booking(at=change.changed_at, member_id=change.member_id, state=state)


def of_session(state: SessionState, at: datetime) -> Happening:
    """Return a session as the database had it at this instant."""
    plain = {
        "id": str(state.id),
        "status": state.status,
        "starts_at": state.starts_at.isoformat(),
        "capacity": state.capacity,
        "booked": state.booked,
        "spots_left": max(state.capacity - state.booked, 0),
        "waitlisted": state.waitlisted,
        "position": state.position,
    }
    return _session(at, plain)


def _command(*, at: datetime, actor_id: UUID | None, state: dict[str, Any]) -> Happening:
    # A command is settled once, so all that is ever told of it is the same.
    state["reasons"] = _explained(state["reasons"])
    return Happening("command", UUID(state["id"]), at, 0, state, actor_id)


def _booking(*, at: datetime, member_id: UUID, state: dict[str, Any]) -> Happening:
    state["skipped"] = _explained(state["skipped"])
    return Happening("booking", UUID(state["id"]), at, microseconds(at), state, member_id)


def _session(at: datetime, state: dict[str, Any]) -> Happening:
    starts_at = datetime.fromisoformat(state["starts_at"]).astimezone(UTC)
    state["starts_at"] = starts_at.isoformat().replace("+00:00", "Z")
    return Happening("session", UUID(state["id"]), at, state["position"], state)


def _explained(codes: list[str]) -> list[dict[str, str]]:
    return explained([RefusalReason(code) for code in codes])


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
