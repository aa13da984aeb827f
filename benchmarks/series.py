"""How long it takes to plan a year of ten sessions a day: 3,640 sessions, with looking for what is in their way.

    .venv/bin/python -m benchmarks.series

Measured in a database of its own on the running stack's server, empty and with a year of another 3,640 beside it.
"""

import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from benchmarks.bulk import scratch_database
from domain.facts import TrainingSession
from domain.ids import MemberId, SpaceId, TrainerId, TrainingId, TrainingSessionId
from domain.series import Frequency, Recurrence
from storage.database import Db, connect
from storage.identifiers import new_id
from storage.series import Planned, Series, add_series
from storage.settings import settings
from workers.recurrence import occurrences

ZONE = ZoneInfo("Europe/Kyiv")
TIMES = tuple(clock(hour) for hour in range(8, 18))
SESSIONS = 52 * 7 * len(TIMES)
ROUNDS = 3


def main() -> None:
    """Print how long each round took."""
    with scratch_database(settings().database_url) as url, connect(url) as db:
        db.execute("INSERT INTO studio (id, name, time_zone) VALUES (1, 'Studio', 'Europe/Kyiv')")
        actor = MemberId(new_id())
        db.execute("INSERT INTO members (id, name, email) VALUES (%s, 'Admin', 'admin@example.test')", (actor,))
        training = TrainingId(_named(db, "trainings"))
        for number in range(ROUNDS):
            began = time.perf_counter()
            planned = _planned(training, SpaceId(_named(db, "spaces")), TrainerId(_named(db, "trainers")))
            expanded = time.perf_counter()
            made = add_series(db, actor, _series(planned), planned, leave_out=False)
            ended = time.perf_counter()
            click.echo(
                f"{made.sessions} sessions beside {number * SESSIONS}: {ended - began:.2f} s, "
                f"of which {expanded - began:.2f} s to find their times"
            )


def _named(db: Db, table: str) -> UUID:
    id_ = new_id()
    db.execute(f"INSERT INTO {table} (id, name) VALUES (%s, %s)", (id_, str(id_)))
    return id_


def _recurrence() -> Recurrence:
    return Recurrence(Frequency.DAILY, (datetime.now(ZONE) + timedelta(days=1)).date(), TIMES, count=SESSIONS)


def _planned(training: TrainingId, space: SpaceId, trainer: TrainerId) -> list[Planned]:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    through = (now + timedelta(days=400)).date()
    return [
        Planned(
            TrainingSession(
                TrainingSessionId(new_id()), training, trainer, space, one.starts_at, 60, 12,
                hour, 12 * hour, 12 * hour, hour / 2,
            ),
            one.local,
        )
        for one in occurrences(_recurrence(), ZONE, through=through, after=now)
    ]  # fmt: skip


def _series(planned: list[Planned]) -> Series:
    recurrence, last = _recurrence(), planned[-1].occurrence.date()
    return Series(
        new_id(), planned[0].training_session, recurrence.rule, TIMES, recurrence.starts_on, None, SESSIONS, (), last
    )


if __name__ == "__main__":
    main()
