"""Happenings: the present state of a command, booking, session, notification or inbox, as event streams send it.

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
from storage.queries.changes import BookingChange, CommandChange, Inbox, NoticeChange, SessionState

Kind = Literal["command", "booking", "session", "notification", "inbox"]

Key = tuple[Kind, UUID, int]
"""What a state is of: its kind, its id and, for one notification of many, its number."""


@dataclass(frozen=True)
class Happening:
    """The state of one thing at one instant; `audience` is the member it concerns, None for those who watch it.

    `order` grows with each change of the same thing, so that of two states the later one is known. An inbox has its
    member's id; so has a notification in it, which `number` tells from the others.
    """

    kind: Kind
    id: UUID
    at: datetime
    order: int
    state: dict[str, Any]
    audience: UUID | None = None
    number: int = 0

    @property
    def key(self) -> Key:
        """What the state is of."""
        return self.kind, self.id, self.number

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


def published(told: dict[str, Any]) -> Iterator[Happening]:
    """Yield what one message tells: of a batch, of notices alone or of an inbox; see `workers.outcomes` for each."""
    at = datetime.fromisoformat(told["applied_at"])
    for command in told.get("commands", ()):
        yield _command(at=at, actor_id=_uuid(command.pop("actor_id")), state=command)
    for booking in told.get("bookings", ()):
        yield _booking(at=at, member_id=UUID(booking.pop("member_id")), state=booking)
    for notice in told.get("notices", ()):
        yield _notification(at=at, member_id=UUID(notice.pop("member_id")), state={**notice, "read_at": None})
    if session := told.get("session"):
        yield _session(at, session)
    if inbox := told.get("inbox"):
        yield _inbox(at, UUID(inbox["member_id"]), inbox["unread"])


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


def of_notice(change: NoticeChange) -> Happening:
    """Return a notification as the database has it."""
    state = {
        "id": change.id,
        "kind": change.kind,
        "booking_id": None if change.booking_id is None else str(change.booking_id),
        "pass_id": None if change.pass_id is None else str(change.pass_id),
        "created_at": change.created_at.isoformat(),
        "read_at": None if change.read_at is None else change.read_at.isoformat(),
    }
    return _notification(at=change.created_at, member_id=change.member_id, state=state)


def of_inbox(inbox: Inbox, at: datetime) -> Happening:
    """Return an inbox as the database had it at this instant."""
    return _inbox(at, inbox.member_id, inbox.unread)


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


def _notification(*, at: datetime, member_id: UUID, state: dict[str, Any]) -> Happening:
    # Of a notice nothing changes but that it is read, once.
    is_read = state["read_at"] is not None
    state |= {"created_at": _plain(state["created_at"]), "read_at": _plain(state["read_at"]) if is_read else None}
    return Happening("notification", member_id, at, int(is_read), state, member_id, number=state["id"])


def _inbox(at: datetime, member_id: UUID, unread: int) -> Happening:
    return Happening("inbox", member_id, at, microseconds(at), {"unread": unread}, member_id)


def _session(at: datetime, state: dict[str, Any]) -> Happening:
    state["starts_at"] = _plain(state["starts_at"])
    return Happening("session", UUID(state["id"]), at, state["position"], state)


def _plain(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _explained(codes: list[str]) -> list[dict[str, str]]:
    return explained([RefusalReason(code) for code in codes])


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
