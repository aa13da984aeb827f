"""Series without an end go on, a year ahead, whatever runs twice, at once or dies."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg_pool import ConnectionPool
from redis import Redis

from domain.facts import TrainingSession
from domain.ids import TrainingSessionId
from domain.series import AHEAD, Recurrence
from ops.auditing import audit
from ops.stack.servers import EmbeddedServers
from storage import series_ahead as storage_series_ahead
from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from storage.identifiers import new_id
from storage.process_roles import Process
from storage.queries.series import SeriesRow, find_series
from storage.series import Planned, Series, add_series, write_sessions
from tests.databases import new_database, url_of
from tests.integration.studio import KYIV, Studio
from tests.integration.workers.test_dangerous_moments import Killed
from workers import series_ahead
from workers.recurrence import occurrences

NOON = datetime(2033, 3, 1, 10, tzinfo=UTC)
TODAY = date(2033, 3, 1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class House:
    """A studio of its own, so that what other tests planned is not planned further."""

    studio: Studio
    pool: ConnectionPool[Db]

    @property
    def db(self) -> Db:
        return self.studio.db

    def a_series(self, rule: str = "FREQ=DAILY;INTERVAL=1", *times: time, **changes: Any) -> UUID:
        """Write a series as it was planned a year ago today, and return its id; its sessions are not looked at here."""
        series_id = new_id()
        pattern = TrainingSession(
            TrainingSessionId(series_id), self.studio.training_id, self.studio.trainer_id, self.studio.space_id,
            NOON, 60, 9, HOUR, HOUR, HOUR, HOUR, waitlist_limit=5,
        )  # fmt: skip
        series = Series(
            series_id, replace(pattern, **changes.pop("pattern", {})), rule, times or (time(18),),
            TODAY, None, None, (), TODAY + AHEAD,
        )  # fmt: skip
        with self.db.transaction():
            member = self.studio.a_member()
            add_series(self.db, member.id, replace(series, **changes), [], leave_out=False)
        return series_id

    def plan(self, at: datetime = NOON + DAY) -> int:
        return series_ahead.plan_ahead(self.pool, now=at)

    def clocks(self, series_id: UUID) -> list[str]:
        """Return when the sessions of the series are, by the studio's clocks."""
        rows = self.db.execute("SELECT starts_at FROM training_sessions WHERE series_id = %s ORDER BY 1", (series_id,))
        return [f"{row[0].astimezone(KYIV):%Y-%m-%d %H:%M}" for row in rows]

    def find(self, series_id: UUID) -> SeriesRow:
        found = find_series(self.db, series_id)
        assert found is not None
        return found

    def in_the_way(self, starts_at: datetime) -> None:
        """Put an exclusive session of another trainer into the space."""
        session_id = self.studio.a_session(starts_at=starts_at, trainer_id=self.another_trainer())
        self.db.execute("UPDATE training_sessions SET exclusive = true WHERE id = %s", (session_id,))

    def another_trainer(self) -> Any:
        id_ = new_id()
        self.db.execute("INSERT INTO trainers (id, name) VALUES (%s, %s)", (id_, str(id_)))
        return id_


@pytest.fixture
def house(servers: EmbeddedServers, redis: Redis) -> Iterator[House]:
    with (
        new_database(servers.database_url) as url,
        open_pool(url_of(Process.WORKER, url), WORKER_TIMEOUTS, size_max=3) as pool,
        connect(url) as db,
    ):
        yield House(Studio(db, redis, pool), pool)


def test_each_day_adds_the_day_a_year_ahead_and_nothing_twice(house: House) -> None:
    series_id = house.a_series()

    made = [house.plan(NOON + days * DAY) for days in (0, 1, 1, 3)]

    assert made == [0, 1, 0, 2]
    assert house.clocks(series_id) == ["2034-03-02 18:00", "2034-03-03 18:00", "2034-03-04 18:00"]
    assert house.find(series_id).planned_through == TODAY + 3 * DAY + AHEAD
    ids = [row[0] for row in house.db.execute("SELECT id FROM training_sessions WHERE series_id = %s", (series_id,))]
    assert audit(house.db, ids).ok


def test_what_is_planned_further_is_what_would_have_been_planned_at_once(house: House) -> None:
    rule, except_on = "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1SU", (date(2034, 5, 28),)
    series_id = house.a_series(rule, time(3, 30), except_on=except_on)
    at_once = Recurrence.of_rule(rule, starts_on=TODAY, times=(time(3, 30),), except_on=frozenset(except_on))

    for days in range(0, 800, 37):
        house.plan(NOON + days * DAY)

    through = house.find(series_id).planned_through
    wanted = [
        one for one in occurrences(at_once, KYIV, through=through, after=NOON) if one.local.date() > TODAY + AHEAD
    ]
    rows = house.db.execute(
        "SELECT occurrence, starts_at FROM training_sessions WHERE series_id = %s ORDER BY 1", (series_id,)
    ).fetchall()
    assert rows == [(one.local, one.starts_at) for one in wanted]
    assert "2034-03-26 04:30" in house.clocks(series_id), "the clocks skip 03:30 on that day"


def test_many_at_once_make_each_session_once(house: House) -> None:
    ids = [house.a_series("FREQ=DAILY;INTERVAL=1", time(hour)) for hour in range(6, 12)]

    with ThreadPoolExecutor(3) as threads:
        made = sum(threads.map(lambda _: house.plan(NOON + 5 * DAY), range(6)))

    assert made == len(ids) * 5
    assert {len(house.clocks(one)) for one in ids} == {5}


def test_who_dies_in_the_middle_leaves_the_series_as_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    series_id = house.a_series()
    before = house.find(series_id)

    def write_and_die(db: Db, id_: UUID, planned: list[Planned]) -> None:
        write_sessions(db, id_, planned)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(storage_series_ahead, "write_sessions", write_and_die)
        house.plan()

    assert (house.find(series_id), house.clocks(series_id)) == (before, [])
    assert house.plan() == 1


def test_what_is_in_the_way_is_left_out_and_told_and_stops_nothing_else(house: House) -> None:
    first, second = house.a_series(), house.a_series("FREQ=DAILY;INTERVAL=1", time(9))
    house.in_the_way(datetime(2034, 3, 3, 18, 30, tzinfo=KYIV))

    house.plan(NOON + 3 * DAY)

    assert house.clocks(first) == ["2034-03-02 18:00", "2034-03-04 18:00"]
    assert len(house.clocks(second)) == 3
    assert house.find(first).left_out_at == [datetime(2034, 3, 3, 18)]  # noqa: DTZ001 - by the studio's clocks
    assert house.find(second).left_out_at == []
    assert house.plan(NOON + 3 * DAY) == 0
    house.plan(datetime(2034, 3, 4, 10, tzinfo=UTC))
    assert house.find(first).left_out_at == [], "what is past is told no more"


def test_a_series_that_cannot_be_planned_holds_up_no_other(house: House) -> None:
    broken, whole = house.a_series("FREQ=HOURLY;INTERVAL=1"), house.a_series()

    assert house.plan() == 1
    assert (len(house.clocks(broken)), len(house.clocks(whole))) == (0, 1)


@pytest.mark.parametrize("changes", [{"ends_on": TODAY + 500 * DAY}, {"count": 3}])
def test_a_series_with_an_end_does_not_go_on(house: House, changes: dict[str, Any]) -> None:
    series_id = house.a_series(**changes)

    assert house.plan() == 0
    assert not house.find(series_id).goes_on


@pytest.mark.parametrize("table", ["trainings", "trainers", "spaces"])
def test_what_is_retired_is_planned_no_further_until_it_is_offered_again(house: House, table: str) -> None:
    series_id = house.a_series()
    house.db.execute(f"UPDATE {table} SET retired = true")
    assert (house.plan(), house.find(series_id).goes_on) == (0, False)

    house.db.execute(f"UPDATE {table} SET retired = false")

    assert (house.plan(), house.find(series_id).goes_on) == (1, True)


def test_what_was_changed_of_the_series_holds_for_what_is_planned_further(house: House) -> None:
    series_id, trainer_id = house.a_series(), house.another_trainer()
    house.db.execute(
        "UPDATE series SET capacity = 30, times = '{07:15}', lasts_minutes = 45, trainer_id = %s", (trainer_id,)
    )

    house.plan()

    row = house.db.execute(
        "SELECT capacity, lasts_minutes, trainer_id, waitlist_limit, exclusive, promotion_grace_minutes"
        "  FROM training_sessions WHERE series_id = %s", (series_id,)
    ).fetchone()  # fmt: skip
    assert row == (30, 45, trainer_id, 5, True, 60)
    assert house.clocks(series_id) == ["2034-03-02 07:15"]


def test_a_session_that_the_one_before_runs_into_is_left_out(house: House) -> None:
    series_id = house.a_series("FREQ=DAILY;INTERVAL=1", time(7), time(8), pattern={"lasts_minutes": 90})

    house.plan()

    assert house.clocks(series_id) == ["2034-03-02 07:00"]
    assert house.find(series_id).left_out_at == [datetime(2034, 3, 2, 8)]  # noqa: DTZ001


def test_after_a_long_stop_what_is_past_is_passed_over(house: House) -> None:
    series_id = house.a_series("FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1")

    house.plan(datetime(2034, 6, 15, 10, tzinfo=UTC))

    assert house.clocks(series_id)[0] == "2034-07-01 18:00"
    assert house.clocks(series_id)[-1] == "2035-06-01 18:00"
