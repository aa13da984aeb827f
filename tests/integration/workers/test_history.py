"""The last hour in samples, and what workers say of themselves: hints that cost little and may be lost."""

import json
import time
from dataclasses import asdict

from psycopg_pool import ConnectionPool
from redis import Redis

from storage.database import Db
from tests.integration.studio import Studio
from workers import heartbeat, history
from workers.heartbeat import GONE_AFTER_SECONDS, WORKERS, Heart, workers_now
from workers.history import HISTORY, SAMPLED, SAMPLES_MAX, take_sample


def test_several_beats_at_once_take_one_sample(studio: Studio, pool: ConnectionPool[Db]) -> None:
    taken = [take_sample(pool, studio.redis) for _ in range(5)]

    assert taken == [True, False, False, False, False]
    assert studio.redis.llen(HISTORY) == 1
    assert 0 < studio.redis.pttl(SAMPLED) <= 10_000, "the next may be taken soon"


def test_a_sample_says_what_was_done_and_what_waits(studio: Studio, pool: ConnectionPool[Db]) -> None:
    busy, idle = studio.a_session(), studio.a_session()
    for member in studio.members(3):
        studio.book(busy, member)
        studio.book(idle, member)
    studio.serve(idle)

    take_sample(pool, studio.redis)

    (sample,) = history.history(studio.redis)
    assert (sample.accepted, sample.settled) == (6, 3)
    assert (sample.waiting, sample.sessions) == (3, 1)
    assert sample.oldest_seconds > 0


def test_the_history_is_capped_and_goes_by_itself(studio: Studio, pool: ConnectionPool[Db]) -> None:
    studio.redis.lpush(HISTORY, *["{}"] * (SAMPLES_MAX + 10))

    take_sample(pool, studio.redis)

    assert studio.redis.llen(HISTORY) == SAMPLES_MAX
    assert 0 < studio.redis.ttl(HISTORY) <= history.HISTORY_SECONDS


def test_samples_of_another_version_and_those_of_long_ago_are_passed_over(
    studio: Studio, pool: ConnectionPool[Db]
) -> None:
    take_sample(pool, studio.redis)
    (now,) = history.history(studio.redis)
    for other in ({"at": now.at}, {**asdict(now), "newer": 1}, {**asdict(now), "at": now.at - 7200}):
        studio.redis.rpush(HISTORY, json.dumps(other))

    assert history.history(studio.redis) == [now, now]


def test_a_wiped_redis_has_no_history_and_begins_a_new_one(studio: Studio, pool: ConnectionPool[Db]) -> None:
    take_sample(pool, studio.redis)
    studio.redis.flushdb()

    assert history.history(studio.redis) == []
    assert take_sample(pool, studio.redis)


def test_without_redis_no_sample_is_taken_and_nothing_breaks(pool: ConnectionPool[Db]) -> None:
    assert not take_sample(pool, Redis(port=9, socket_connect_timeout=0.1))


def test_a_worker_says_what_it_is_busy_with_and_what_it_settled(studio: Studio) -> None:
    heart = Heart(studio.redis, queues=("sessions",))
    session = studio.a_session()

    with heart.busy("serve", session):
        heart.settled(3)
        heart.settled(4)
        heart.beat()
        (busy,) = workers_now(studio.redis)
    heart.beat()
    (idle,) = workers_now(studio.redis)

    assert (busy.busy_with, busy.session_id, busy.settled, busy.queues) == ("serve", str(session), 7, ("sessions",))
    assert busy.busy_since is not None
    assert (idle.busy_with, idle.session_id, idle.busy_since) == ("", "", None)


def test_what_was_settled_longer_than_a_minute_ago_is_not_counted(studio: Studio) -> None:
    heart = Heart(studio.redis, queues=())
    heart._settled.append((time.monotonic() - 61, 100))
    heart.settled(1)

    assert heart.now().settled == 1


def test_a_beating_worker_is_listed_until_it_stops(studio: Studio) -> None:
    heart = Heart(studio.redis, queues=("sessions",))
    heart.start("worker@here")
    while not workers_now(studio.redis):
        pass

    assert [one.name for one in workers_now(studio.redis)] == ["worker@here"]
    heart.stop()
    heart._thread.join()
    assert workers_now(studio.redis) == []
    assert studio.redis.zcard(WORKERS) == 0


def test_a_worker_that_was_killed_is_gone_when_its_last_word_expires(studio: Studio) -> None:
    heart = Heart(studio.redis, queues=())
    heart.beat()
    (key,) = studio.redis.zrange(WORKERS, 0, -1)
    assert 0 < studio.redis.ttl(str(key)) <= GONE_AFTER_SECONDS

    studio.redis.delete(str(key))  # as its expiry does

    assert workers_now(studio.redis) == []


def test_the_list_of_workers_forgets_those_of_long_ago(studio: Studio) -> None:
    studio.redis.zadd(WORKERS, {"seatline:worker:old:1": time.time() - heartbeat.FORGOTTEN_AFTER_SECONDS - 1})

    Heart(studio.redis, queues=()).beat()

    assert studio.redis.zscore(WORKERS, "seatline:worker:old:1") is None


def test_a_worker_of_another_version_is_passed_over(studio: Studio) -> None:
    studio.redis.set("seatline:worker:a:1", json.dumps({"name": "a"}))
    studio.redis.zadd(WORKERS, {"seatline:worker:a:1": time.time()})

    assert workers_now(studio.redis) == []
