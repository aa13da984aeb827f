"""The schedule: sessions in order of their start, what one session's page shows, and what can be filtered by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier

from domain.facts import TrainingSession
from domain.ids import TrainerId, TrainingId, TrainingSessionId
from storage.database import Db
from storage.session_rows import training_session_from

SESSION_COLUMNS = SQL(
    """
    training_sessions.id, training_sessions.training_id, training_sessions.trainer_id, training_sessions.space_id,
    training_sessions.starts_at, training_sessions.lasts_minutes, training_sessions.capacity,
    training_sessions.booking_deadline_minutes, training_sessions.cancellation_deadline_minutes,
    training_sessions.promotion_deadline_minutes, training_sessions.promotion_grace_minutes,
    training_sessions.booking_opens_at, training_sessions.waitlist_limit, training_sessions.free_cancelling_until,
    training_sessions.cancelled, training_sessions.policies::text,
    trainings.name, trainings.description, trainers.name, spaces.name, studio.time_zone,
    training_sessions.booked, training_sessions.waiting + training_sessions.skipped, training_sessions.position
    """
)
SESSION_COLUMNS_COUNT = 24
MAPPED_MAX = 4096  # sessions kept mapped, some weeks of a large studio's
_OWN_COLUMNS_COUNT = 16  # the first of them are the session's own, in the order of `training_session_from`

SESSION_JOINS = SQL(
    """
    JOIN trainings ON trainings.id = training_sessions.training_id
    JOIN trainers ON trainers.id = training_sessions.trainer_id
    JOIN spaces ON spaces.id = training_sessions.space_id
    CROSS JOIN studio
    """
)


# Known by identity: equal rows are mapped to one object, which others keep things by, and its many fields are long
# to hash.
@dataclass(frozen=True, slots=True, eq=False)
class ScheduledSession:
    """A session with the names people know it by and its counts; `waitlisted` includes skipped waiters."""

    training_session: TrainingSession
    training_name: str
    training_description: str
    trainer_name: str
    space_name: str
    time_zone: str
    booked: int
    waitlisted: int
    position: int

    @property
    def spots_left(self) -> int:
        """How many places are free; none while the capacity is lowered below what is booked."""
        return max(self.training_session.capacity - self.booked, 0)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sessions are wanted: start in [`starts_from`, `starts_before`), of a trainer, of a training.

    Without `starts_from` the list begins at the database's present.
    """

    starts_from: datetime | None = None
    starts_before: datetime | None = None
    trainer_id: TrainerId | None = None
    training_id: TrainingId | None = None


def list_sessions(
    db: Db, filters: Filters, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[ScheduledSession]:
    """Return the next sessions in order of (start, id), beginning behind `after`.

    Each combination of trainer and training has an index in just this order, so `limit` entries are read.
    """
    rows = db.execute(
        SQL(
            """
            SELECT {columns} FROM training_sessions {joins}
             WHERE {conditions}
             ORDER BY training_sessions.starts_at, training_sessions.id
             LIMIT %(limit)s
            """
        ).format(columns=SESSION_COLUMNS, joins=SESSION_JOINS, conditions=_conditions(filters, after)),
        {
            "from": filters.starts_from,
            "before": filters.starts_before,
            "trainer": filters.trainer_id,
            "training": filters.training_id,
            "after_start": after and after[0],
            "after_id": after and after[1],
            "limit": limit,
        },
    )
    return [scheduled_session_from(row) for row in rows.fetchall()]


def _conditions(filters: Filters, after: tuple[datetime, UUID] | None) -> Composed:
    wanted = {
        "training_sessions.starts_at >= %(from)s": filters.starts_from is not None,
        "training_sessions.starts_at >= statement_timestamp()": filters.starts_from is None and after is None,
        "(training_sessions.starts_at, training_sessions.id) > (%(after_start)s, %(after_id)s)": after is not None,
        "training_sessions.starts_at < %(before)s": filters.starts_before is not None,
        "training_sessions.trainer_id = %(trainer)s": filters.trainer_id is not None,
        "training_sessions.training_id = %(training)s": filters.training_id is not None,
    }
    return SQL(" AND ").join(SQL(condition) for condition, is_wanted in wanted.items() if is_wanted)


def find_session(db: Db, training_session_id: TrainingSessionId) -> ScheduledSession | None:
    """Return one session; None if there is none with this id."""
    row = db.execute(
        SQL("SELECT {columns} FROM training_sessions {joins} WHERE training_sessions.id = %s").format(
            columns=SESSION_COLUMNS, joins=SESSION_JOINS
        ),
        (training_session_id,),
    ).fetchone()
    return None if row is None else scheduled_session_from(row)


@dataclass(frozen=True, slots=True)
class PassType:
    """A kind of pass that pays for a session."""

    id: UUID
    name: str


def pass_types_for(db: Db, training_id: TrainingId, *, limit: int) -> list[PassType]:
    """Return the kinds of pass that are valid for this training, by name; a studio sells few, so all are looked at."""
    rows = db.execute(
        """
        SELECT id, name FROM pass_types
         WHERE training_ids IS NULL OR %s = ANY(training_ids)
         ORDER BY name, id LIMIT %s
        """,
        (training_id, limit),
    )
    return [PassType(*row) for row in rows]


@lru_cache(maxsize=MAPPED_MAX)
def scheduled_session_from(row: tuple[Any, ...]) -> ScheduledSession:
    """Map the columns of `SESSION_COLUMNS`, in their order.

    Most rows are the same as a moment ago, and equal rows are mapped once.
    """
    return ScheduledSession(training_session_from(row[:_OWN_COLUMNS_COUNT]), *row[_OWN_COLUMNS_COUNT:])


@dataclass(frozen=True, slots=True)
class Studio:
    """The studio's name, and the IANA time zone everything is shown in."""

    name: str
    time_zone: str


def find_studio(db: Db) -> Studio | None:
    """Return the studio; None while the database has none."""
    row = db.execute("SELECT name, time_zone FROM studio").fetchone()
    return None if row is None else Studio(*row)


class Catalogue(StrEnum):
    """What sessions are of, by table."""

    TRAINERS = "trainers"
    TRAININGS = "trainings"
    SPACES = "spaces"


_REFERENCES = {Catalogue.TRAINERS: "trainer_id", Catalogue.TRAININGS: "training_id", Catalogue.SPACES: "space_id"}


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A trainer, a training or a space."""

    id: UUID
    name: str


def list_catalogue(db: Db, catalogue: Catalogue, *, after: UUID | None, limit: int) -> list[CatalogueEntry]:
    """Return the next entries by name, beginning behind the entry `after`; names are unique and have an index.

    What is retired is left out once none of its sessions is still to begin.
    """
    rows = db.execute(
        SQL(
            """
            SELECT id, name FROM {table} AS one
             WHERE (%(after)s::uuid IS NULL OR name > (SELECT name FROM {table} WHERE id = %(after)s))
               AND (NOT retired OR EXISTS (SELECT FROM training_sessions
                                            WHERE {reference} = one.id AND starts_at >= statement_timestamp()))
             ORDER BY name LIMIT %(limit)s
            """
        ).format(table=Identifier(catalogue), reference=Identifier(_REFERENCES[catalogue])),
        {"after": after, "limit": limit},
    )
    return [CatalogueEntry(*row) for row in rows]


def has_entry(db: Db, catalogue: Catalogue, id_: UUID) -> bool:
    """Whether there is a trainer, training or space with this id."""
    query = SQL("SELECT FROM {table} WHERE id = %s").format(table=Identifier(catalogue))
    return db.execute(query, (id_,)).fetchone() is not None
