"""The sweep: who waits without a live token gets one, and nobody else."""

import time
from contextlib import nullcontext
from typing import Any

import pytest
from psycopg import OperationalError
from psycopg_pool import ConnectionPool
from redis.client import Pipeline

from storage.database import Db
from tests.integration.studio import Studio
from workers import flags, publish, sweep
from workers.queues import QueueName


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SWEEP_AFTER_SECONDS", 0.0)


def test_a_session_whose_token_waits_is_left_alone(studio: Studio, pool: ConnectionPool[Db]) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())

    assert session not in sweep.sweep(pool, studio.redis)
    assert studio.redis.llen(QueueName.SESSIONS) == 1


def test_an_armed_session_whose_token_was_never_published_gets_one(studio: Studio, pool: ConnectionPool[Db]) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.redis.delete(QueueName.SESSIONS)
    assert studio.redis.exists(flags.armed_key(session))

    assert session in sweep.sweep(pool, studio.redis)


def test_a_token_older_than_the_one_at_the_head_is_known_to_be_gone(studio: Studio, pool: ConnectionPool[Db]) -> None:
    lost, alive = studio.a_session(), studio.a_session()
    studio.book(lost, studio.a_member())
    studio.redis.delete(QueueName.SESSIONS)
    studio.redis.set(flags.armed_key(lost), flags.now_milliseconds() - 60_000)
    studio.book(alive, studio.a_member())

    called = sweep.sweep(pool, studio.redis)

    assert lost in called
    assert alive not in called


def test_an_old_token_that_still_waits_behind_a_backlog_is_alive(studio: Studio, pool: ConnectionPool[Db]) -> None:
    first, second = studio.a_session(), studio.a_session()
    for session, age in ((first, 600_000), (second, 500_000)):
        studio.book(session, studio.a_member())
        studio.redis.set(flags.armed_key(session), flags.now_milliseconds() - age)
    studio.redis.delete(QueueName.SESSIONS)
    publish.token(studio.redis, first, armed_at=flags.now_milliseconds() - 600_000)
    publish.token(studio.redis, second, armed_at=flags.now_milliseconds() - 500_000)

    called = sweep.sweep(pool, studio.redis)

    assert first not in called
    assert second not in called


def test_a_skewed_clock_costs_at_most_a_token_too_many(studio: Studio, pool: ConnectionPool[Db]) -> None:
    session = studio.a_session()
    booking = studio.book(session, studio.a_member())
    studio.redis.set(flags.armed_key(session), flags.now_milliseconds() - 3_600_000)

    assert session in sweep.sweep(pool, studio.redis)
    studio.serve(session)
    studio.serve(session)

    assert studio.status(booking) == "applied"


def test_young_commands_are_left_to_their_tokens(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "SWEEP_AFTER_SECONDS", 3600.0)
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.redis.flushdb()

    assert session not in sweep.sweep(pool, studio.redis)


def test_a_token_lost_by_a_process_whose_clock_is_ahead_is_found_once_no_other_waits(
    studio: Studio, pool: ConnectionPool[Db]
) -> None:
    ahead, alive = studio.a_session(), studio.a_session()
    studio.book(ahead, studio.a_member())
    studio.redis.delete(QueueName.SESSIONS)
    studio.redis.set(flags.armed_key(ahead), flags.now_milliseconds() + 3_600_000)
    studio.book(alive, studio.a_member())
    assert ahead not in sweep.sweep(pool, studio.redis)

    studio.redis.delete(QueueName.SESSIONS, sweep.SWEEPING)
    studio.serve(alive)

    assert sweep.sweep(pool, studio.redis) == [ahead]


def test_beside_a_running_sweep_a_second_one_does_nothing(studio: Studio, pool: ConnectionPool[Db]) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.redis.delete(QueueName.SESSIONS)
    studio.redis.set(sweep.SWEEPING, 1)

    assert sweep.sweep(pool, studio.redis) == []

    studio.redis.delete(sweep.SWEEPING)
    assert sweep.sweep(pool, studio.redis) == [session]


def test_a_sweep_rests_and_leaves_no_lock_behind(studio: Studio, pool: ConnectionPool[Db]) -> None:
    studio.book(studio.a_session(), studio.a_member())

    sweep.sweep(pool, studio.redis)

    left_milliseconds = studio.redis.pttl(sweep.SWEEPING)
    assert left_milliseconds < 1000 * sweep.SWEEP_SECONDS_MAX / 2, "the lock of the run has become a short rest"


@pytest.mark.parametrize("answers", [True, False])
def test_a_sweep_that_had_to_wait_for_a_server_rests_no_longer(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    def slowly(*_: Any, **__: Any) -> list[Any]:
        time.sleep(1.0)
        if not answers:
            raise OperationalError("the server is away")
        return []

    monkeypatch.setattr(sweep, "lanes_with_work", slowly)

    with nullcontext() if answers else pytest.raises(OperationalError):
        sweep.sweep(pool, studio.redis)

    assert studio.redis.pttl(sweep.SWEEPING) < 1000


def test_the_flags_of_many_sessions_are_read_in_one_round_trip(
    studio: Studio, pool: ConnectionPool[Db], monkeypatch: pytest.MonkeyPatch
) -> None:
    round_trips: list[int] = []
    execute = Pipeline.execute

    def counted(pipeline: Pipeline, *args: Any, **kwargs: Any) -> Any:
        round_trips.append(len(pipeline.command_stack))
        return execute(pipeline, *args, **kwargs)

    member = studio.a_member()
    for _ in range(40):
        studio.book(studio.a_session(), member)
    monkeypatch.setattr(Pipeline, "execute", counted)

    assert sweep.sweep(pool, studio.redis) == []
    assert round_trips == [2]
