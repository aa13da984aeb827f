"""What a command comes to: `Applied`, `Refused` or `Failed`. A refusal is a value; a fault is an exception."""

from dataclasses import dataclass
from enum import StrEnum

from domain.events import Event
from domain.refusals import RefusalReason


@dataclass(frozen=True, slots=True)
class Applied:
    """The command was carried out; `events` say what became true, in order."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The rules say no; `reasons` holds every reason at once, never none."""

    reasons: tuple[RefusalReason, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A fault ended this command alone; nothing of it was carried out."""

    error: str


Outcome = Applied | Refused | Failed


class CommandStatus(StrEnum):
    """Where a command stands; every command ends in exactly one of the last three."""

    WAITING = "waiting"
    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"
