"""How the system runs, as staff ask for it; without Redis it still answers, and says what is wrong."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from apiflask import APIFlask
from psycopg_pool import ConnectionPool

from api.operations import moments
from storage.database import Db
from storage.queries import waiting
from storage.queries.waiting import waiting_now
from storage.settings import settings
from tests.integration.api.conftest import Caller, app_with
from tests.integration.studio import Studio
from workers.heartbeat import Heart
from workers.history import SAMPLED, Sample, take_sample
from workers.metrics import Counts, add_counts


@pytest.fixture
def admin(anybody: Caller, studio: Studio) -> Caller:
    member = studio.a_member()
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (member.id,))
    return anybody.of(member)


@pytest.fixture
def without_redis(closed_port: int) -> Iterator[APIFlask]:
    with app_with(replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0")) as app:
        yield app


def operations(caller: Caller) -> Any:
    answer = caller.get("/v1/staff/operations")
    assert answer.status_code == 200, answer.text
    return answer.json


def a_sample(at: float, accepted: int, settled: int, **changes: Any) -> Sample:
    return replace(Sample(at, accepted, settled, 0, 0, 0, 0.0, 0, 0.0), **changes)


def test_it_names_the_sessions_where_most_waits(admin: Caller, studio: Studio) -> None:
    hot, mild = studio.a_session(), studio.a_session()
    for member in studio.members(4):
        studio.book(hot, member)
    studio.book(mild, studio.a_member())

    found = operations(admin)["waiting"]

    assert (found["commands"], found["sessions"], found["at_least"]) == (5, 2, False)
    assert [(one["id"], one["waiting"]) for one in found["hottest"]] == [(str(hot), 4), (str(mild), 1)]
    assert found["oldest_seconds"] >= found["hottest"][0]["oldest_seconds"] > 0


def test_with_nothing_waiting_it_says_so(admin: Caller, studio: Studio) -> None:
    assert operations(admin)["waiting"] == {
        "commands": 0,
        "sessions": 0,
        "at_least": False,
        "oldest_seconds": 0.0,
        "hottest": [],
    }


@pytest.mark.parametrize(("bound", "commands"), [("COUNT_MAX", 4), ("SESSIONS_MAX", 3)])
def test_what_is_not_counted_is_said_to_be_more(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, bound: str, commands: int
) -> None:
    monkeypatch.setattr(waiting, bound, 2 if bound == "COUNT_MAX" else 1)
    for _ in range(2):
        session = studio.a_session()
        for member in studio.members(3):
            studio.book(session, member)

    found = waiting_now(studio.db)

    assert found.at_least
    assert found.commands == commands


def test_it_tells_the_workers_with_what_they_do(admin: Caller, studio: Studio) -> None:
    session = studio.a_session()
    heart = Heart(studio.redis, queues=("sessions", "upkeep"))

    with heart.busy("serve", session):
        heart.settled(5)
        heart.beat()

    (worker,) = operations(admin)["workers"]
    assert (worker["busy_with"], worker["session_id"], worker["settled"]) == ("serve", str(session), 5)
    assert worker["queues"] == ["sessions", "upkeep"]


def test_rates_come_from_the_samples_of_the_last_minute(
    admin: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch, pool: ConnectionPool[Db]
) -> None:
    began = time.time() - 50
    for number in range(6):
        counted = Counts({"accepted": 100, "settled:applied": 40, "settled:refused": 10})
        add_counts(studio.redis, counted)
        studio.redis.delete(SAMPLED)
        monkeypatch.setattr(time, "time", lambda at=began + 10 * number: at)
        take_sample(pool, studio.redis)
    monkeypatch.undo()

    found = operations(admin)

    assert (found["accepted_per_second"], found["settled_per_second"]) == (10.0, 5.0)
    assert [one["settled_per_second"] for one in found["last_hour"]] == [5.0] * 5


def test_no_rate_is_made_of_a_wiped_redis_or_of_a_gap() -> None:
    samples = [a_sample(0, 100, 100), a_sample(10, 150, 140), a_sample(20, 3, 2), a_sample(30, 13, 12)]
    samples.append(a_sample(500, 900, 900))

    assert [one.accepted_per_second for one in moments(samples)] == [5.0, 1.0]


def test_deliveries_are_told_by_channel_and_calls_by_provider(admin: Caller, studio: Studio) -> None:
    counts = Counts()
    for outcome in ("sent", "sent", "try_again", "give_up"):
        counts.attempted("email", "smtp", outcome)
    add_counts(studio.redis, counts)

    found = operations(admin)

    assert [one["channel"] for one in found["channels"]] == ["email", "push", "webhook"]
    assert found["providers"] == [{"channel": "email", "provider": "smtp", "sent": 2, "try_again": 1, "give_up": 1}]


def test_what_is_wrong_is_named_and_what_is_well_is_not(
    admin: Caller, studio: Studio, pool: ConnectionPool[Db]
) -> None:
    assert operations(admin)["wrong"][:2] == ["no_worker", "no_notifier"]

    Heart(studio.redis, queues=("sessions", "upkeep")).beat()
    assert "no_sweep" in operations(admin)["wrong"], "a worker without a beat takes no samples"

    take_sample(pool, studio.redis)
    assert not {"no_worker", "no_sweep", "redis_away"} & set(operations(admin)["wrong"])
    assert "no_notifier" in operations(admin)["wrong"]


def test_commands_that_wait_long_are_wrong(admin: Caller, studio: Studio) -> None:
    command = studio.book(studio.a_session(), studio.a_member())
    assert "commands_late" not in operations(admin)["wrong"]

    studio.db.execute("UPDATE commands SET accepted_at = now() - interval '1 min' WHERE id = %s", (command,))

    assert "commands_late" in operations(admin)["wrong"]


def test_without_redis_it_says_so_and_tells_what_the_database_knows(
    admin: Caller, studio: Studio, without_redis: APIFlask
) -> None:
    studio.book(studio.a_session(), studio.a_member())

    found = operations(replace(admin, http=without_redis.test_client()))

    assert found["wrong"] == ["redis_away"]
    assert found["waiting"]["commands"] == 1
    assert (found["workers"], found["redis"], found["providers"], found["last_hour"]) == (None, None, None, [])
    assert found["accepted_per_second"] is None
