"""Series as staff see them, and the sessions of one."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from psycopg.rows import class_row
from psycopg.sql import SQL

from storage.database import Db
from storage.series_ahead import GOES_ON

_SELECT = SQL("""
    SELECT series.id, series.training_id, trainings.name AS training_name, series.trainer_id,
           trainers.name AS trainer_name, series.space_id, spaces.name AS space_name, series.rule, series.times,
           series.starts_on, series.ends_on, series.count, series.except_on, series.planned_through,
           series.lasts_minutes, series.capacity, {} AS goes_on,
           ARRAY(SELECT at FROM unnest(series.left_out) AS at, studio
                  WHERE at > statement_timestamp() AT TIME ZONE studio.time_zone ORDER BY at) AS left_out_at,
           (SELECT count(*) FROM training_sessions
             WHERE series_id = series.id AND starts_at >= statement_timestamp() AND NOT cancelled) AS coming
      FROM series
      JOIN trainings ON trainings.id = series.training_id
      JOIN trainers ON trainers.id = series.trainer_id
      JOIN spaces ON spaces.id = series.space_id
""").format(GOES_ON)


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series with its names; `coming` is how many of its sessions are still to begin.

    `left_out_at` is when it is to come without a session, by the studio's clocks; `goes_on` whether it is planned
    further as time goes on.
    """

    id: UUID
    training_id: UUID
    training_name: str
    trainer_id: UUID
    trainer_name: str
    space_id: UUID
    space_name: str
    rule: str
    times: list[time]
    starts_on: date
    ends_on: date | None
    count: int | None
    except_on: list[date]
    planned_through: date
    lasts_minutes: int
    capacity: int
    goes_on: bool
    left_out_at: list[datetime]
    coming: int


@dataclass(frozen=True, slots=True)
class SeriesSession:
    """One session of a series, as it stands now; `occurrence` is when the series has it, by the studio's clocks."""

    id: UUID
    occurrence: datetime
    starts_at: datetime
    lasts_minutes: int
    capacity: int
    trainer_name: str
    space_name: str
    cancelled: bool


def list_series(db: Db, *, after: UUID | None, limit: int) -> list[SeriesRow]:
    """Return the newest series, beginning behind the series `after`; ids grow with time."""
    with db.cursor(row_factory=class_row(SeriesRow)) as cursor:
        return cursor.execute(
            _SELECT
            + SQL("WHERE %(after)s::uuid IS NULL OR series.id < %(after)s ORDER BY series.id DESC LIMIT %(limit)s"),
            {"after": after, "limit": limit},
        ).fetchall()


def find_series(db: Db, id_: UUID) -> SeriesRow | None:
    """Return one series; None if there is none with this id."""
    with db.cursor(row_factory=class_row(SeriesRow)) as cursor:
        return cursor.execute(_SELECT + SQL("WHERE series.id = %s"), (id_,)).fetchone()


def list_series_sessions(db: Db, id_: UUID, *, after: datetime | None, limit: int) -> list[SeriesSession]:
    """Return the sessions of a series that are still to begin, cancelled ones too, in order of their occurrence."""
    with db.cursor(row_factory=class_row(SeriesSession)) as cursor:
        return cursor.execute(
            """
            SELECT one.id, one.occurrence, one.starts_at, one.lasts_minutes, one.capacity,
                   trainers.name AS trainer_name, spaces.name AS space_name, one.cancelled
              FROM training_sessions AS one
              JOIN trainers ON trainers.id = one.trainer_id
              JOIN spaces ON spaces.id = one.space_id
             WHERE one.series_id = %(id)s AND one.starts_at >= statement_timestamp()
               AND (%(after)s::timestamp IS NULL OR one.occurrence > %(after)s)
             ORDER BY one.occurrence LIMIT %(limit)s
            """,
            {"id": id_, "after": after, "limit": limit},
        ).fetchall()
