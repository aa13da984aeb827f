"""Keep series without an end planned a year ahead."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool
from structlog import get_logger

from domain.ids import TrainingSessionId
from domain.series import AHEAD, Recurrence
from storage.database import Db
from storage.identifiers import new_id
from storage.queries.schedule import find_studio
from storage.series import Planned, Series
from storage.series_ahead import plan_further, series_that_go_on
from workers.recurrence import occurrences

log = get_logger()


def plan_ahead(pool: ConnectionPool[Db], *, now: datetime | None = None) -> int:
    """Plan each series that goes on up to a year from today by the studio's clocks; return how many sessions that made.

    Each series is a transaction of its own, and one that cannot be planned is left to the next run and holds up no
    other. Any number may run at once, and again: no session is made twice. What is in the way of a session leaves it
    out, which the series' page tells staff.
    """
    now = now or datetime.now(UTC)
    with pool.connection() as db:
        studio = find_studio(db)
        if studio is None:
            return 0
        zone = ZoneInfo(studio.time_zone)
        through = now.astimezone(zone).date() + AHEAD
        return sum(_plan(db, series_id, zone, now) for series_id in series_that_go_on(db, through))


def _plan(db: Db, series_id: UUID, zone: ZoneInfo, now: datetime) -> int:
    today = now.astimezone(zone).date()
    try:
        made = plan_further(db, series_id, today + AHEAD, today=today, planned=_planned(zone, now))
    except Exception:
        if db.closed:
            raise
        # Whatever is wrong with one series holds up no other.
        log.exception("series left to the next run", series_id=str(series_id))
        return 0
    if made is None:
        return 0
    log.info("series planned further", series_id=str(series_id), sessions=made.sessions, in_the_way=len(made.left_out))
    return made.sessions


def _planned(zone: ZoneInfo, now: datetime) -> Callable[[Series], list[Planned]]:
    """Return what says which sessions a series has behind those that are planned."""

    def planned(series: Series) -> list[Planned]:
        recurrence = Recurrence.of_rule(
            series.rule, starts_on=series.starts_on, times=series.times, except_on=frozenset(series.except_on)
        )
        found = occurrences(recurrence, zone, through=now.astimezone(zone).date() + AHEAD, after=now)
        return [
            Planned(
                replace(
                    series.pattern,
                    id=TrainingSessionId(new_id()),
                    starts_at=one.starts_at,
                    booking_opens_at=series.pattern.policies.opens_at(one.starts_at),
                ),
                one.local,
            )
            for one in found
            if one.local.date() > series.planned_through
        ]

    return planned
