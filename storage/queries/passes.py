"""A member's passes, and where their sessions went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.facts import Pass
from domain.ids import MemberId, PassId
from storage.database import Db


@dataclass(frozen=True, slots=True)
class MyPass:
    """A pass with its name; `training_names` is None when it is valid for every training.

    `read_at` is the database's clock when the row was read: the present by which it is usable or not.
    """

    facts: Pass
    name: str
    sessions_granted: int | None
    training_names: list[str] | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One session taken from a pass (-1) or given back (1)."""

    pass_id: PassId
    change: int
    written_at: datetime
    booking_id: UUID
    training_session_id: UUID
    training_name: str
    starts_at: datetime


def list_passes(db: Db, member_id: MemberId, *, after: UUID | None, limit: int) -> list[MyPass]:
    """Return the member's passes in order of their ids, behind `after`."""
    rows = db.execute(
        """
        SELECT passes.id, passes.member_id, passes.active, passes.sessions_left, passes.expires_at,
               passes.training_ids, pass_types.name, passes.sessions_granted,
               CASE WHEN passes.training_ids IS NOT NULL THEN
                    ARRAY(SELECT name FROM trainings WHERE trainings.id = ANY(passes.training_ids) ORDER BY name) END,
               statement_timestamp()
          FROM passes JOIN pass_types ON pass_types.id = passes.pass_type_id
         WHERE passes.member_id = %(member)s AND (%(after)s::uuid IS NULL OR passes.id > %(after)s)
         ORDER BY passes.id LIMIT %(limit)s
        """,
        {"member": member_id, "after": after, "limit": limit},
    )
    return [_my_pass_from(row) for row in rows]


def newest_ledger_lines(db: Db, pass_ids: Sequence[PassId], *, limit: int) -> dict[PassId, list[LedgerLine]]:
    """Return the newest lines of each of these passes, newest first, at most `limit` for each."""
    rows = db.execute(
        """
        SELECT line.pass_id, line.change, line.written_at, line.booking_id, training_sessions.id, trainings.name,
               training_sessions.starts_at
          FROM unnest(%s::uuid[]) AS wanted (pass_id)
         CROSS JOIN LATERAL (
               SELECT * FROM pass_ledger WHERE pass_ledger.pass_id = wanted.pass_id ORDER BY id DESC LIMIT %s) AS line
          JOIN bookings ON bookings.id = line.booking_id
          JOIN training_sessions ON training_sessions.id = bookings.training_session_id
          JOIN trainings ON trainings.id = training_sessions.training_id
         ORDER BY line.id DESC
        """,
        (list(pass_ids), limit),
    )
    ledger: dict[PassId, list[LedgerLine]] = {}
    for row in rows:
        ledger.setdefault(row[0], []).append(LedgerLine(*row))
    return ledger


def _my_pass_from(row: Sequence[Any]) -> MyPass:
    id_, member_id, active, sessions_left, expires_at, training_ids, name, granted, training_names, read_at = row
    trainings = None if training_ids is None else frozenset(training_ids)
    return MyPass(
        Pass(id_, member_id, active, sessions_left, expires_at, trainings), name, granted, training_names, read_at
    )
