"""Series without an end, planned further as time goes on: one transaction each, and nothing twice."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from domain.facts import TrainingSession
from domain.ids import SpaceId, TrainerId, TrainingId, TrainingSessionId
from storage.database import Db
from storage.policies import policies_from
from storage.series import Made, Planned, Series, free_of_conflicts, look_again, write_sessions

GOES_ON = SQL("""
    series.ends_on IS NULL AND series.count IS NULL
    AND NOT EXISTS (SELECT FROM trainings WHERE id = series.training_id AND retired)
    AND NOT EXISTS (SELECT FROM trainers WHERE id = series.trainer_id AND retired)
    AND NOT EXISTS (SELECT FROM spaces WHERE id = series.space_id AND retired)
""")
"""Whether a series is planned further: it has no end, and all it is made of is still offered."""


def series_that_go_on(db: Db, through: date) -> list[UUID]:
    """Return the series that are to be planned further, up to and including this day of the studio's."""
    rows = db.execute(
        SQL("SELECT id FROM series WHERE planned_through < %s AND {} ORDER BY planned_through, id").format(GOES_ON),
        (through,),
    )
    return [row[0] for row in rows]


def plan_further(
    db: Db, series_id: UUID, through: date, *, today: date, planned: Callable[[Series], Sequence[Planned]]
) -> Made | None:
    """Put what `planned` says lies between what is planned and this day into the schedule; None if nothing is to do.

    Asked under the series' lock, so that two who plan it further at once, and a change of the rest, follow each other;
    whoever comes second finds it done, or leaves it to who holds it. What is in the way of a session, or the session
    before it that runs on, leaves it out, and the series keeps that until the day is past. A crash leaves the series
    as it was. Raises `TakenError` as `look_again` does.
    """
    return look_again(db, lambda: _plan(db, series_id, through, today, planned))


def _plan(
    db: Db, series_id: UUID, through: date, today: date, planned: Callable[[Series], Sequence[Planned]]
) -> Made | None:
    series = _lock(db, series_id, through)
    if series is None:
        return None
    wanted = planned(series)
    free, blocking = free_of_conflicts(db, wanted)
    made = _apart(free)
    written = {one.occurrence for one in made}
    left_out = [one.occurrence for one in wanted if one.occurrence not in written]
    write_sessions(db, series_id, made)
    still_told = [at for at in series.left_out if at.date() >= today]
    db.execute(
        "UPDATE series SET planned_through = %s, left_out = %s WHERE id = %s",
        (through, [*still_told, *left_out], series_id),
    )
    return Made(len(made), blocking)


def _apart(planned: Sequence[Planned]) -> list[Planned]:
    """Return those that begin after the one before has ended; a series may have come to last longer than it pauses."""
    kept: list[Planned] = []
    ends_at = datetime.min.replace(tzinfo=UTC)
    for one in planned:
        session = one.training_session
        if session.starts_at >= ends_at:
            kept.append(one)
            ends_at = session.starts_at + timedelta(minutes=session.lasts_minutes)
    return kept


def _lock(db: Db, series_id: UUID, through: date) -> Series | None:
    row = db.execute(
        SQL("""
        SELECT training_id, trainer_id, space_id, rule, times, starts_on, except_on, planned_through, left_out,
               lasts_minutes, capacity, booking_deadline_minutes, cancellation_deadline_minutes,
               promotion_deadline_minutes, promotion_grace_minutes, waitlist_limit, policies::text
          FROM series WHERE id = %s AND planned_through < %s AND {} FOR UPDATE SKIP LOCKED
        """).format(GOES_ON),
        (series_id, through),
    ).fetchone()
    return None if row is None else _series(series_id, row)


def _series(series_id: UUID, row: tuple[Any, ...]) -> Series:
    training_id, trainer_id, space_id, rule, times, starts_on, except_on, planned_through, left_out, *terms = row
    lasts_minutes, capacity, booking, cancellation, promotion, grace, waitlist_limit, policies = terms
    pattern = TrainingSession(
        TrainingSessionId(series_id),
        TrainingId(training_id),
        TrainerId(trainer_id),
        SpaceId(space_id),
        datetime.combine(planned_through, time(), UTC),
        lasts_minutes,
        capacity,
        timedelta(minutes=booking),
        timedelta(minutes=cancellation),
        timedelta(minutes=promotion),
        timedelta(minutes=grace),
        waitlist_limit=waitlist_limit,
        policies=policies_from(policies),
    )
    return Series(
        series_id, pattern, rule, tuple(times), starts_on, None, None, tuple(except_on), planned_through,
        tuple(left_out),
    )  # fmt: skip
