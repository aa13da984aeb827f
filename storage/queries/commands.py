"""Commands as whoever gave them sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.ids import BookingId, CommandId, MemberId, TrainingSessionId
from domain.outcomes import CommandStatus
from domain.refusals import RefusalReason
from storage.database import Db

AHEAD_COUNTED_MAX = 1000
_COMMANDS: LiteralString = """
    SELECT id, seq, training_session_id, kind, payload, accepted_at, status, position, receipt, applied_at,
           outcome -> 'reasons', actor_is_staff
      FROM commands"""


@dataclass(frozen=True, slots=True)
class CommandState:
    """A command and what became of it; `position`, `receipt` and `applied_at` are None while it waits.

    `as_staff` says that it was given for the studio. `ahead` is how many commands wait before it, where that was asked
    for and it waits itself.
    """

    id: CommandId
    seq: int
    training_session_id: TrainingSessionId
    kind: str
    payload: dict[str, Any]
    accepted_at: datetime
    status: CommandStatus = CommandStatus.WAITING
    position: int | None = None
    receipt: str | None = None
    applied_at: datetime | None = None
    reasons: tuple[RefusalReason, ...] = ()
    ahead: int | None = None
    as_staff: bool = False

    @property
    def booking_id(self) -> BookingId | None:
        """The booking that the command makes or ends."""
        if self.kind in {"book_seat", "book_for_member"}:
            return BookingId(self.id)
        booking_id = self.payload.get("booking_id")
        return None if booking_id is None else BookingId(UUID(booking_id))


def find_command(db: Db, command_id: CommandId, actor_id: MemberId) -> CommandState | None:
    """Return the command if this member gave it; None for another's, as if it did not exist."""
    row = db.execute(f"{_COMMANDS} WHERE id = %s AND actor_id = %s", (command_id, actor_id)).fetchone()
    return None if row is None else _state_from(row)


def find_commands(db: Db, command_ids: Collection[CommandId]) -> list[CommandState]:
    """Return these commands, whoever gave them, in one statement."""
    rows = db.execute(f"{_COMMANDS} WHERE id = ANY(%s::uuid[])", (list(command_ids),))
    return [_state_from(row) for row in rows]


def _state_from(row: tuple[Any, ...]) -> CommandState:
    id_, seq, training_session_id, kind, payload, accepted_at, status, *settled = row
    position, receipt, applied_at, reasons, as_staff = settled
    return CommandState(
        id=id_,
        seq=seq,
        training_session_id=training_session_id,
        kind=kind,
        payload=payload,
        accepted_at=accepted_at,
        status=CommandStatus(status),
        position=position,
        receipt=receipt,
        applied_at=applied_at,
        reasons=tuple(RefusalReason(reason) for reason in reasons or ()),
        as_staff=as_staff,
    )


def count_ahead(db: Db, training_session_id: TrainingSessionId, seq: int) -> int:
    """Return how many of the session's commands wait before the one with this number, counted up to a thousand."""
    row = db.execute(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM commands WHERE status = 'waiting' AND training_session_id = %s AND seq < %s LIMIT %s
        ) AS ahead
        """,
        (training_session_id, seq, AHEAD_COUNTED_MAX),
    ).fetchone()
    return int(row[0]) if row else 0


def count_waiting(db: Db, training_session_id: TrainingSessionId) -> int:
    """Return how many of the session's commands wait, counted up to a thousand."""
    return count_ahead(db, training_session_id, 2**63 - 1)
