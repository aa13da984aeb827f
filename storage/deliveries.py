"""Deliveries: one notice on one channel to one address, from due to settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from storage.database import Db


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed delivery, with what its message speaks of. `attempts` counts the one that is about to be made.

    `command_id`, `kind` and `channel` together name the delivery for ever: a provider may use them to tell a second
    sending from a first.
    """

    id: int
    command_id: UUID
    kind: str
    channel: str
    address: str
    member_name: str
    training_name: str
    starts_at: datetime
    time_zone: str
    details: dict[str, Any]
    attempts: int


def claim_due(db: Db, *, limit: int, lease_seconds: float) -> list[Delivery]:
    """Claim what is due, oldest first, in one statement; nobody else gets it before the lease ends.

    A worker that dies while sending leaves its deliveries to whoever comes after the lease: they may be sent twice,
    never not at all.
    """
    with db.cursor(row_factory=class_row(Delivery)) as cursor:
        cursor.execute(
            """
            WITH claimed AS (
                UPDATE deliveries SET status = 'sending', attempts = attempts + 1,
                       due_at = clock_timestamp() + make_interval(secs => %(lease)s)
                 WHERE id IN (SELECT id FROM deliveries
                               WHERE status IN ('due', 'sending') AND due_at <= clock_timestamp()
                               ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
                RETURNING *)
            SELECT claimed.id, claimed.command_id, claimed.kind, claimed.channel, claimed.address,
                   members.name AS member_name, trainings.name AS training_name,
                   training_sessions.starts_at, studio.time_zone, claimed.details, claimed.attempts
              FROM claimed
              JOIN members ON members.id = claimed.member_id
              JOIN bookings ON bookings.id = claimed.booking_id
              JOIN training_sessions ON training_sessions.id = bookings.training_session_id
              JOIN trainings ON trainings.id = training_sessions.training_id
              CROSS JOIN studio
             ORDER BY claimed.id
            """,
            {"limit": limit, "lease": lease_seconds},
        )
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an attempt came to: `sent`, `failed` for good, or `due` again after `again_after_seconds`."""

    delivery_id: int
    status: str
    error: str | None = None
    again_after_seconds: float = 0.0


def settle(db: Db, settlements: Sequence[Settlement]) -> None:
    """Record what came of these claimed deliveries, in one statement."""
    db.execute(
        """
        UPDATE deliveries AS delivery
           SET status = done.status, last_error = done.error,
               due_at = clock_timestamp() + make_interval(secs => done.again_after),
               settled_at = CASE WHEN done.status <> 'due' THEN clock_timestamp() END
          FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[]) AS done (id, status, error, again_after)
         WHERE delivery.id = done.id AND delivery.status = 'sending'
        """,
        (
            [one.delivery_id for one in settlements],
            [one.status for one in settlements],
            [one.error for one in settlements],
            [one.again_after_seconds for one in settlements],
        ),
    )
