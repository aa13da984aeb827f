"""What clients saw in a run: each command with every call made for it, by one monotonic clock in seconds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class Call:
    """One request: when it was sent and answered, and with what; without an answer, why there was none.

    `command_id` and `command_status` are those of the command that the answer shows, `code` that of a problem.
    """

    sent: float
    answered: float | None = None
    status: int | None = None
    command_id: str = ""
    command_status: str = ""
    code: str = ""
    trouble: str = ""

    @property
    def accepts(self) -> bool:
        """Whether the answer says that the command is accepted."""
        return bool(self.command_id)


@dataclass(slots=True)
class Asked:
    """One command as its client knows it: `key` is its own; `booking_id` is set where it cancels one."""

    key: str
    member_id: UUID
    training_session_id: UUID
    booking_id: str = ""
    calls: list[Call] = field(default_factory=list)

    @property
    def sent(self) -> float:
        """When it was first sent."""
        return self.calls[0].sent

    @property
    def answered(self) -> float | None:
        """When its client was first told that it is accepted; None for never."""
        return min((call.answered for call in self.acceptances() if call.answered is not None), default=None)

    def acceptances(self) -> Iterator[Call]:
        """Yield the calls that were answered with the command."""
        return (call for call in self.calls if call.accepts)


def call_answered(sent: float, answered: float, status: int, body: dict[str, Any]) -> Call:
    """Return the call that was answered with this status and JSON."""
    inner = body.get("command")
    shown = inner if isinstance(inner, dict) else body
    call = Call(sent, answered, status, code=str(body.get("code", "")))
    if "kind" in shown and "status" in shown and "id" in shown:
        call.command_id, call.command_status = str(shown["id"]), str(shown["status"])
    return call
