"""What the database, and the notifier's log, say after a run."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from storage.database import Db

_DELIVERED = re.compile(r"event=delivered .*?delivery_id=(\d+)\b")


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command of the log; `key` and `actor_id` are None where Seatline gave it itself. Instants are Unix seconds."""

    id: str
    seq: int
    training_session_id: UUID
    actor_id: UUID | None
    key: str | None
    status: str
    position: int | None
    error: str | None
    accepted_at: float
    applied_at: float | None


@dataclass(frozen=True, slots=True)
class Places:
    """A session's places, and how many bookings have one."""

    training_session_id: UUID
    capacity: int
    taken: int


@dataclass(frozen=True, slots=True)
class Balance:
    """A pass: what was granted, what is left, and the sum of its ledger."""

    pass_id: UUID
    granted: int
    left: int
    moved: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery: how often it was claimed, how often it is on record as sent, and how often it really went out."""

    id: int
    status: str
    claims: int
    recorded: int
    went_out: int


@dataclass(slots=True)
class Books:
    """All of it; `untold` counts notices that were not given to any courier."""

    commands: list[CommandRow] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)
    untold: int = 0


def read_books(db: Db, notifier_log: Path) -> Books:
    """Read them."""
    return Books(
        commands=[
            CommandRow(str(row[0]), *row[1:])
            for row in db.execute(
                """
                SELECT id, seq, training_session_id, actor_id, idempotency_key, status, position, outcome ->> 'error',
                       extract(epoch FROM accepted_at)::float8, extract(epoch FROM applied_at)::float8
                  FROM commands ORDER BY seq
                """
            )
        ],
        places=[
            Places(*row)
            for row in db.execute(
                """
                SELECT id, capacity, (SELECT count(*) FROM bookings WHERE training_session_id = training_sessions.id
                                         AND status IN ('confirmed', 'offered'))
                  FROM training_sessions
                """
            )
        ],
        balances=[
            Balance(*row)
            for row in db.execute(
                """
                SELECT passes.id, sessions_granted, sessions_left, coalesce(sum(change), 0)::int
                  FROM passes LEFT JOIN pass_ledger ON pass_id = passes.id
                 WHERE sessions_granted IS NOT NULL GROUP BY passes.id
                """
            )
        ],
        deliveries=_deliveries(db, notifier_log),
        untold=_untold(db),
    )


def _deliveries(db: Db, notifier_log: Path) -> list[DeliveryRow]:
    said = notifier_log.read_text(errors="replace") if notifier_log.exists() else ""
    went_out = Counter(int(id_) for id_ in _DELIVERED.findall(said))
    rows = db.execute(
        """
        SELECT id, status, attempts,
               (SELECT count(*) FROM delivery_attempts WHERE delivery_id = deliveries.id AND outcome = 'sent')
          FROM deliveries
        """
    )
    return [DeliveryRow(id_, status, claims, recorded, went_out[id_]) for id_, status, claims, recorded in rows]


def _untold(db: Db) -> int:
    row = db.execute("SELECT count(*) FROM notices WHERE number IS NULL AND password_link_id IS NULL").fetchone()
    return 0 if row is None else int(row[0])
