"""A worker serves the session it is called for, then those whose tokens come next, for a while."""

import json

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from domain.ids import TrainingSessionId
from tests.integration.studio import Studio
from workers import publish, turns
from workers.heartbeat import Heart
from workers.queues import QueueName


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURNS_SECONDS", 600.0)


@pytest.fixture
def heart(redis: Redis) -> Heart:
    return Heart(redis, queues=("sessions",))


def wanted_sessions(studio: Studio, number: int) -> list[TrainingSessionId]:
    """Return sessions that somebody has booked, the first first; each has its token in the queue."""
    sessions = [studio.a_session() for _ in range(number)]
    for session_id in sessions:
        studio.book(session_id, studio.a_member())
    return sessions


def settled(studio: Studio, sessions: list[TrainingSessionId]) -> list[bool]:
    return [bool(studio.roster(session_id)) for session_id in sessions]


def serve_next(studio: Studio, heart: Heart) -> None:
    first = publish.take_token(studio.redis)
    assert first is not None
    turns.serve(studio.pool, studio.redis, heart, first)


def test_all_whose_tokens_wait_are_served(studio: Studio, heart: Heart) -> None:
    sessions = wanted_sessions(studio, 5)

    serve_next(studio, heart)

    assert settled(studio, sessions) == [True] * 5
    assert studio.tokens() == 0
    assert (heart.now().settled, heart.now().busy_with) == (5, "")


def test_those_who_waited_longest_come_first_and_when_time_is_up_the_rest_wait_for_the_next_message(
    studio: Studio, heart: Heart, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = wanted_sessions(studio, 3)
    monkeypatch.setattr(turns, "TURNS_SECONDS", 0.0)

    serve_next(studio, heart)

    assert settled(studio, sessions) == [True, False, False]
    assert studio.tokens() == 2


def test_one_connection_serves_all_of_them(studio: Studio, heart: Heart) -> None:
    sessions = wanted_sessions(studio, 4)
    before = studio.pool.get_stats().get("requests_num", 0)

    serve_next(studio, heart)

    assert settled(studio, sessions) == [True] * 4
    assert studio.pool.get_stats()["requests_num"] == before + 1


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "{}",
        json.dumps({"headers": {"task": publish.SERVE_SESSION}, "body": "W10="}),
        json.dumps({"headers": {"task": "seatline.from_the_future"}, "body": "W1tdLCB7fSwge31d"}),
    ],
)
def test_a_message_that_is_no_token_is_left_to_celery(studio: Studio, heart: Heart, message: str) -> None:
    (session_id,) = wanted_sessions(studio, 1)
    studio.redis.lpush(QueueName.SESSIONS, message)

    serve_next(studio, heart)

    assert settled(studio, [session_id]) == [True]
    assert studio.redis.lrange(QueueName.SESSIONS, 0, -1) == [message]


def test_without_redis_the_one_session_is_served(studio: Studio, heart: Heart, monkeypatch: pytest.MonkeyPatch) -> None:
    (session_id,) = wanted_sessions(studio, 1)

    def away(*_: object) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr(Redis, "rpop", away)

    turns.serve(studio.pool, studio.redis, heart, session_id)

    assert settled(studio, [session_id]) == [True]
