"""Beat, which calls for what is due every few seconds."""

import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.beat import PersistentScheduler, Scheduler
from kombu.utils.imports import symbol_by_name
from redis import Redis

from workers.app import app
from workers.queues import QueueName

LONG_SECONDS = 10.0  # never waited for where all is well
QUEUES = (str(QueueName.UPKEEP), str(QueueName.NOTIFICATIONS))

pytestmark = pytest.mark.filterwarnings(
    "ignore::celery.exceptions.CDeprecationWarning"
)  # Celery reads it itself when it makes the tasks


def a_beat() -> Scheduler:
    app.loader.import_default_modules()
    beat: Scheduler = symbol_by_name(app.conf.beat_scheduler)(app)
    return beat


def messages(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(text) for queue in QUEUES for text in redis.lrange(queue, 0, -1)]


def test_beat_knows_what_is_due_and_keeps_no_file_that_could_be_torn() -> None:
    assert not isinstance(a_beat(), PersistentScheduler)
    assert set(a_beat().schedule) >= {"sweep", "deliver", "remind", "plan"}


def test_every_worker_knows_what_beat_calls_for() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_what_beat_calls_for_is_taken_by_a_worker_whose_clock_is_another(redis: Redis) -> None:
    beat = a_beat()
    for entry in beat.schedule.values():
        beat.apply_entry(entry)

    called = messages(redis)
    assert {one["headers"]["task"] for one in called} == {entry.task for entry in beat.schedule.values()}
    assert [one["headers"]["expires"] for one in called] == [None] * len(called)


def test_while_no_worker_runs_a_few_calls_wait_and_not_all_of_them(redis: Redis) -> None:
    beat = a_beat()
    for _ in range(100):
        beat.apply_entry(beat.schedule["sweep"])

    waiting = redis.llen(QueueName.UPKEEP)
    assert 0 < waiting <= 20
    redis.rpop(QueueName.UPKEEP)
    beat.apply_entry(beat.schedule["sweep"])
    assert redis.llen(QueueName.UPKEEP) == waiting


def test_a_clock_that_is_set_back_stops_no_beat(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    beat = a_beat()
    beat.tick()
    right = app.now

    def an_hour_behind() -> datetime:
        return right() - timedelta(hours=1)

    monkeypatch.setattr(app, "now", an_hour_behind)
    gives_up_at = time.monotonic() + LONG_SECONDS
    while not messages(redis) and time.monotonic() < gives_up_at:
        time.sleep(min(max(beat.tick(), 0.01), 0.2))

    assert [one["headers"]["task"] for one in messages(redis)] == ["seatline.sweep"]
