"""Passes that were granted already, brought to what their type says where staff ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import MemberId, PassId
from domain.journal import plain_instant
from domain.notices import Notice, NoticeKind
from storage.command_log import LoggedCommand, accept_reconsiderations
from storage.database import Db
from storage.identifiers import new_id
from storage.notices import WrittenNotice, write_notices, written_notices

_THAT_DIFFER = """
    SELECT passes.id, member_id, sessions_left, expires_at,
           active AND (expires_at IS NULL OR expires_at > statement_timestamp())
      FROM passes JOIN members ON members.id = member_id
     WHERE pass_type_id = %s AND training_ids IS DISTINCT FROM %s::uuid[] AND removed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom it concerns: how many passes, how many of them good ones whose members are told.

    `waiting` counts bookings in line, or with a place offered, of sessions to come that their pass would pay no more.
    """

    passes: int
    told: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Reached:
    """How many passes were changed; whom to tell, and which commands a worker is to be called for, after the commit."""

    passes: int = 0
    notices: tuple[WrittenNotice, ...] = ()
    caused: tuple[LoggedCommand, ...] = ()


def reach_of(db: Db, type_id: UUID, training_ids: Sequence[UUID] | None) -> Reach:
    """Return whom it would concern if the granted passes of this type paid for these trainings; None is all."""
    found = db.execute(_THAT_DIFFER, (type_id, _sorted(training_ids))).fetchall()
    row = db.execute(
        # Compared with null, which stands for all trainings, no booking is counted.
        """
        SELECT count(*) FROM bookings JOIN training_sessions ON training_sessions.id = training_session_id
         WHERE pass_id = ANY(%s) AND status IN ('waitlisted', 'offered')
           AND training_sessions.starts_at > statement_timestamp() AND training_id <> ALL(%s::uuid[])
        """,
        ([row[0] for row in found], _sorted(training_ids)),
    ).fetchone()
    return Reach(len(found), sum(row[-1] for row in found), 0 if row is None else row[0])


def bring_granted(db: Db, type_id: UUID, training_ids: Sequence[UUID] | None) -> Reached:
    """Let the granted passes of this type pay for these trainings from now on, inside the caller's transaction.

    Sessions and days stay: they are what each member was given. So do bookings with a place. Passes are locked in the
    order of their ids, as batches lock them; one that meets a batch crosswise is a `DeadlockDetected` of one of both.
    Members of good passes are told, and sessions where somebody waits who was skipped for one are asked to look again.
    """
    order = "ORDER BY passes.id FOR NO KEY UPDATE OF passes"
    rows = db.execute(f"{_THAT_DIFFER} {order}", (type_id, _sorted(training_ids))).fetchall()
    if not rows:
        return Reached()
    ids = [PassId(row[0]) for row in rows]
    db.execute("UPDATE passes SET training_ids = %s::uuid[] WHERE id = ANY(%s)", (_sorted(training_ids), ids))
    trainings = _names_of(db, training_ids)
    told = [
        _notice(id_, member_id, left, expires_at, trainings) for id_, member_id, left, expires_at, good in rows if good
    ]
    written: list[WrittenNotice] = []
    if told:
        written = written_notices(
            write_notices(db, [(new_id(), notice) for notice in told], starts_at=[None] * len(told))
        )
    return Reached(len(ids), tuple(written), tuple(accept_reconsiderations(db, ids)))


def _notice(
    pass_id: PassId,
    member_id: MemberId,
    sessions_left: int | None,
    expires_at: datetime | None,
    trainings: list[str] | None,
) -> Notice:
    details: dict[str, object] = {
        "sessions_left": sessions_left,
        "expires_at": None if expires_at is None else plain_instant(expires_at),
        "trainings": trainings,
    }
    return Notice(NoticeKind.PASS_CHANGED, member_id, None, details, pass_id)


def _names_of(db: Db, training_ids: Sequence[UUID] | None) -> list[str] | None:
    if training_ids is None:
        return None
    rows = db.execute("SELECT name FROM trainings WHERE id = ANY(%s) ORDER BY name", (list(training_ids),))
    return [name for (name,) in rows]


def _sorted(training_ids: Sequence[UUID] | None) -> list[UUID] | None:
    return None if training_ids is None else sorted(training_ids)
