"""Sessions that staff plan: what stands in their way, and writing them, all or none, with the note of who did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import DeadlockDetected, ExclusionViolation

from domain.commands import Command, RescheduleSession
from domain.facts import TrainingSession
from domain.ids import MemberId, TrainingSessionId
from domain.refusals import RefusalReason
from domain.staff_changes import StaffChange
from storage.catalogue import NewTrainingSession, add_training_sessions
from storage.database import Db
from storage.staff_changes import note_change

TRIES = 3


@dataclass(frozen=True, slots=True)
class Conflict:
    """A session that is where a planned one would be, in its space or with its trainer.

    `number` is the planned one's index. Only an exclusive session `blocks`; another is worth knowing of.
    """

    number: int
    id: TrainingSessionId
    name: str
    space: str
    trainer: str
    starts_at: datetime
    lasts_minutes: int
    reasons: tuple[RefusalReason, ...]
    blocks: bool


class TakenError(Exception):
    """Somebody else planned a session there at the same moment; nothing was written."""


Place = TrainingSession | RescheduleSession
"""When and where something would be: a session, or what a move asks for."""


def conflicts_of_moves(
    db: Db, series_id: UUID, commands: Iterable[tuple[TrainingSessionId, Command]]
) -> list[Conflict]:
    """Return what is in the way of where these commands move sessions of a series; its own sessions are not."""
    moves = [command for _, command in commands if isinstance(command, RescheduleSession)]
    rows = db.execute("SELECT id FROM training_sessions WHERE series_id = %s", (series_id,))
    own = {row[0] for row in rows}
    return [one for one in find_conflicts(db, moves) if one.id not in own]


def find_conflicts(db: Db, planned: Sequence[Place]) -> list[Conflict]:
    """Return what is in the way of these sessions, in their order; one statement whatever their number."""
    rows = db.execute(
        """
        SELECT (new.number - 1)::int, other.id, trainings.name, spaces.name, trainers.name, other.starts_at,
               other.lasts_minutes, other.space_id = new.space_id, other.trainer_id = new.trainer_id, other.exclusive
          FROM unnest(%(spaces)s::uuid[], %(trainers)s::uuid[], %(starts)s::timestamptz[], %(minutes)s::int[])
               WITH ORDINALITY AS new (space_id, trainer_id, starts_at, lasts_minutes, number)
          JOIN training_sessions AS other
            -- Read by start; no session is longer than a day.
            ON other.starts_at > new.starts_at - interval '1 day'
           AND other.starts_at < new.starts_at + make_interval(mins => new.lasts_minutes)
           AND session_time(other.starts_at, other.lasts_minutes) && session_time(new.starts_at, new.lasts_minutes)
           AND (other.space_id = new.space_id OR other.trainer_id = new.trainer_id) AND NOT other.cancelled
          JOIN trainings ON trainings.id = other.training_id
          JOIN spaces ON spaces.id = other.space_id
          JOIN trainers ON trainers.id = other.trainer_id
         ORDER BY new.number, other.starts_at, other.id
        """,
        {
            "spaces": [one.space_id for one in planned],
            "trainers": [one.trainer_id for one in planned],
            "starts": [one.starts_at for one in planned],
            "minutes": [one.lasts_minutes for one in planned],
        },
    )
    return [_conflict(row) for row in rows]


def _conflict(row: tuple[Any, ...]) -> Conflict:
    *facts, in_space, with_trainer, blocks = row
    number, id_, name, space, trainer, starts_at, lasts_minutes = facts
    reasons = _reasons(in_space=in_space, with_trainer=with_trainer)
    return Conflict(number, id_, name, space, trainer, starts_at, lasts_minutes, reasons, blocks)


def _reasons(*, in_space: bool, with_trainer: bool) -> tuple[RefusalReason, ...]:
    found = ((RefusalReason.SPACE_TAKEN, in_space), (RefusalReason.TRAINER_TAKEN, with_trainer))
    return tuple(reason for reason, holds in found if holds)


def add_planned(db: Db, actor_id: MemberId, planned: TrainingSession, change: StaffChange) -> None:
    """Put one exclusive session into the schedule; asked again with the same id it is added once.

    Raises `TakenError` where another exclusive session is: look for conflicts to say which.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with db.transaction():
                if not _exists(db, planned.id):
                    add_training_sessions(db, [NewTrainingSession(planned, exclusive=True)])
                    note_change(db, actor_id, change)
            return
        except ExclusionViolation as error:
            raise TakenError from error
        except DeadlockDetected:
            # Two that are in each other's way wait for each other; one of them is told so.
            if not tries_left:
                raise


def _exists(db: Db, id_: UUID) -> bool:
    return db.execute("SELECT FROM training_sessions WHERE id = %s", (id_,)).fetchone() is not None
