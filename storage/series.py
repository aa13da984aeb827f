"""Series of sessions: written all or none, with what is in their way left out where that is wished."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TypeVar
from uuid import UUID

from psycopg.errors import DeadlockDetected, ExclusionViolation
from psycopg.types.json import Jsonb

from domain.facts import TrainingSession
from domain.ids import MemberId
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.catalogue import NewTrainingSession, add_training_sessions
from storage.database import Db
from storage.planning import Conflict, TakenError, find_conflicts
from storage.policies import plain_policies
from storage.staff_changes import note_change

T = TypeVar("T")

TRIES = 3
CHUNK = 1_000  # sessions in one COPY, so that no statement takes long


@dataclass(frozen=True, slots=True)
class Series:
    """A series as it is written; `pattern` is one session of it, wherever in time.

    `left_out` is when it would take place but has no session, by the studio's clocks, because another one was there.
    """

    id: UUID
    pattern: TrainingSession
    rule: str
    times: tuple[time, ...]
    starts_on: date
    ends_on: date | None
    count: int | None
    except_on: tuple[date, ...]
    planned_through: date
    left_out: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A session of a series with its time on the studio's clocks, without a zone."""

    training_session: TrainingSession
    occurrence: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """What came of planning: how many sessions were made, and what stood in the way of those left out."""

    sessions: int
    left_out: list[Conflict]


class InTheWayError(Exception):
    """Sessions stand in the way, and leaving out was not wished; nothing was written."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        super().__init__(f"{len(conflicts)} conflicts")
        self.conflicts = conflicts


def add_series(db: Db, actor_id: MemberId, series: Series, planned: Sequence[Planned], *, leave_out: bool) -> Made:
    """Write a series with its sessions and its note in one transaction; the same id again writes nothing more.

    With `leave_out` what is blocked is left out; without it anything blocked raises `InTheWayError`. Somebody who
    plans the same place at the same moment makes it look and try again, and in the end raise `TakenError`.
    """
    return look_again(db, lambda: _add(db, actor_id, series, planned, leave_out=leave_out))


def look_again(db: Db, write: Callable[[], T]) -> T:
    """Return what `write` does in a transaction of its own, done anew where somebody planned there at that moment.

    In the end raises `TakenError`; nothing is written then.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with db.transaction():
                return write()
        except ExclusionViolation as error:
            if not tries_left:
                raise TakenError from error
        except DeadlockDetected:
            if not tries_left:
                raise
    raise AssertionError("the last round returns or raises")


def _add(db: Db, actor_id: MemberId, series: Series, planned: Sequence[Planned], *, leave_out: bool) -> Made:
    row = db.execute("SELECT count(*) FROM training_sessions WHERE series_id = %s", (series.id,)).fetchone()
    if row and row[0]:
        return Made(row[0], [])
    free, blocking = free_of_conflicts(db, planned)
    if blocking and not leave_out:
        raise InTheWayError(blocking)
    blocked = sorted({planned[one.number].occurrence for one in blocking})
    _write_series(db, replace(series, left_out=tuple(blocked)))
    write_sessions(db, series.id, free)
    after = {"rule": series.rule, "starts_on": str(series.starts_on), "sessions": len(free)}
    note_change(db, actor_id, StaffChange(ChangeKind.SERIES_PLANNED, Subject.SERIES, series.id, after=after))
    return Made(len(free), blocking)


def free_of_conflicts(db: Db, planned: Sequence[Planned]) -> tuple[list[Planned], list[Conflict]]:
    """Return those that nothing blocks, and what is in the way of the others."""
    blocking = [one for one in find_conflicts(db, [one.training_session for one in planned]) if one.blocks]
    blocked = {one.number for one in blocking}
    return [one for number, one in enumerate(planned) if number not in blocked], blocking


def write_sessions(db: Db, series_id: UUID, planned: Sequence[Planned]) -> None:
    """Put sessions of the series into the schedule; inside the caller's transaction."""
    new = [
        NewTrainingSession(one.training_session, exclusive=True, series_id=series_id, occurrence=one.occurrence)
        for one in planned
    ]
    for begin in range(0, len(new), CHUNK):
        add_training_sessions(db, new[begin : begin + CHUNK])


def _write_series(db: Db, series: Series) -> None:
    pattern = series.pattern
    deadlines = (
        pattern.booking_deadline,
        pattern.cancellation_deadline,
        pattern.promotion_deadline,
        pattern.promotion_grace,
    )
    db.execute(
        """
        INSERT INTO series (id, training_id, trainer_id, space_id, rule, times, starts_on, ends_on, count, except_on,
                            planned_through, left_out, lasts_minutes, capacity, booking_deadline_minutes,
                            cancellation_deadline_minutes, promotion_deadline_minutes, promotion_grace_minutes,
                            waitlist_limit, policies)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            series.id, pattern.training_id, pattern.trainer_id, pattern.space_id, series.rule, list(series.times),
            series.starts_on, series.ends_on, series.count, list(series.except_on), series.planned_through,
            list(series.left_out), pattern.lasts_minutes, pattern.capacity,
            *(int(deadline.total_seconds()) // 60 for deadline in deadlines), pattern.waitlist_limit,
            Jsonb(plain_policies(pattern.policies)),
        ),
    )  # fmt: skip
