"""A session's own row: locked for a batch, read as it stands, and mapped to the domain's fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.facts import TrainingSession
from domain.ids import CommandId, TrainingSessionId
from storage.database import Db
from storage.policies import policies_from

_SESSION_COLUMNS = """
    id, training_id, trainer_id, space_id, starts_at, lasts_minutes, capacity, booking_deadline_minutes,
    cancellation_deadline_minutes, promotion_deadline_minutes, promotion_grace_minutes, booking_opens_at,
    waitlist_limit, free_cancelling_until, cancelled, policies::text, position, receipt, booked, waiting,
    skipped, attempts, attempted_command_id, careful_left, exclusive, (SELECT reminder_minutes FROM studio)
"""


@dataclass(slots=True)
class LockedSession:
    """A session whose row this transaction holds, with its lane: last position, receipt, unfinished attempts."""

    training_session: TrainingSession
    position: int
    receipt: str
    booked: int
    waiting: int
    skipped: int
    attempts: int
    attempted_command_id: CommandId | None
    careful_left: int
    exclusive: bool
    reminder_leads: tuple[timedelta, ...]


def lock_training_session(db: Db, training_session_id: TrainingSessionId) -> LockedSession | None:
    """Lock the session's row until the transaction ends; None when somebody else holds it.

    FOR NO KEY UPDATE, because accepting inserts rows that refer to the session and must not wait for a batch.
    """
    return _session(db, training_session_id, "FOR NO KEY UPDATE SKIP LOCKED")


def read_training_session(db: Db, training_session_id: TrainingSessionId) -> LockedSession | None:
    """Return the session's row as it stands, without locking it; None if there is none."""
    return _session(db, training_session_id, "")


def _session(db: Db, training_session_id: TrainingSessionId, lock: str) -> LockedSession | None:
    query = f"SELECT {_SESSION_COLUMNS} FROM training_sessions WHERE id = %s {lock}"  # noqa: S608
    row = db.execute(query, (training_session_id,)).fetchone()
    if row is None:
        return None
    *session, position, receipt, booked, waiting, skipped, attempts, attempted, careful, exclusive, minutes = row
    return LockedSession(
        training_session_from(session), position, receipt, booked, waiting, skipped, attempts, attempted, careful,
        exclusive, tuple(timedelta(minutes=lead) for lead in minutes or ()),
    )  # fmt: skip


def count_attempt(db: Db, training_session_id: TrainingSessionId, careful: int) -> None:
    """Note that serving this session was begun and not ended, by a process that died.

    Counts against the command that stands first now; the next `careful` commands are applied one by one, so that
    the one that kills its process comes to stand first, alone.
    """
    db.execute(
        """
        UPDATE training_sessions AS training_session
           SET attempts = CASE WHEN attempted_command_id = first.id THEN attempts + 1 ELSE 1 END,
               attempted_command_id = first.id, careful_left = %(careful)s
          FROM (SELECT id FROM commands WHERE training_session_id = %(id)s AND status = 'waiting'
                 ORDER BY seq LIMIT 1) AS first
         WHERE training_session.id = %(id)s
        """,
        {"id": training_session_id, "careful": careful},
    )


def training_session_from(row: Sequence[Any]) -> TrainingSession:
    """Map a session's own columns, in the order of `_SESSION_COLUMNS`, to the domain's fact."""
    id_, training, trainer, space, starts_at, lasts, capacity, *deadlines, opens, limit, free, cancelled, policies = row
    booking, cancellation, promotion, grace = (timedelta(minutes=minutes) for minutes in deadlines)
    return TrainingSession(
        id=id_,
        training_id=training,
        trainer_id=trainer,
        space_id=space,
        starts_at=starts_at,
        lasts_minutes=lasts,
        capacity=capacity,
        booking_deadline=booking,
        cancellation_deadline=cancellation,
        promotion_deadline=promotion,
        promotion_grace=grace,
        booking_opens_at=opens,
        waitlist_limit=limit,
        free_cancelling_until=free,
        cancelled=cancelled,
        policies=policies_from(policies),
    )
