"""Messages made by hand beside those of Celery and kombu, and the one step that hands a command in."""

import json
import subprocess
import sys
from base64 import b64decode
from typing import Any

import pytest
from redis import Redis

from domain.ids import CommandId
from storage.identifiers import new_id
from tests.integration.studio import Studio
from workers import flags, publish
from workers.app import app
from workers.metrics import ACCEPTED, read_counters
from workers.queues import QueueName, session_queue_name
from workers.tasks import deliver_due, serve_session

DIFFERS = {"id", "root_id", "correlation_id", "delivery_tag", "reply_to", "origin", "armed_at"}
"""What is new in each message, where answers would go that nobody asks for, and what only we write."""


def taken(redis: Redis, queue: str) -> Any:
    message = redis.rpop(queue)
    assert isinstance(message, str)
    return plain(json.loads(message))


def plain(message: Any) -> Any:
    """Return the message with its body read, and without what differs each time."""
    if isinstance(message, dict):
        read = {name: plain(value) for name, value in message.items() if name not in DIFFERS}
        return read | ({"body": json.loads(b64decode(message["body"]))} if "body" in message else {})
    return message


def test_a_message_is_the_one_that_celery_would_publish(studio: Studio) -> None:
    session, redis = studio.a_session(), studio.redis
    serve_session.apply_async(kwargs={"training_session_id": str(session)}, queue="sessions", ignore_result=True)
    of_celery = taken(redis, QueueName.SESSIONS)
    deliver_due.apply_async(queue="notifications", ignore_result=True)
    delivery_of_celery = taken(redis, QueueName.NOTIFICATIONS)

    publish.token(redis, session, armed_at=1)
    publish.delivery_token(redis)

    assert taken(redis, QueueName.SESSIONS) == of_celery
    assert taken(redis, QueueName.NOTIFICATIONS) == delivery_of_celery


def test_kombu_reads_it_as_its_own(studio: Studio) -> None:
    session, command = studio.a_session(), CommandId(new_id())
    publish.commands(studio.redis, [(session, command)])

    with app.connection_for_read() as connection, connection.SimpleQueue("sessions") as queue:
        message = queue.get(block=False)

    armed_at = int(str(studio.redis.get(flags.armed_key(session))))
    assert message.payload[1] == {"training_session_id": str(session)}
    assert message.headers["task"] == serve_session.name
    assert int(message.headers["armed_at"]) == armed_at


@pytest.mark.parametrize("at_once", [1, 3, 6])
def test_of_many_commands_each_has_its_message_each_session_one_token_and_all_are_counted(
    studio: Studio, at_once: int
) -> None:
    sessions, redis = [studio.a_session(), studio.a_session()], studio.redis
    before = read_counters(redis).get(ACCEPTED, 0)
    handed_in = [(session, CommandId(new_id())) for _ in range(3) for session in sessions]
    for begin in range(0, 6, at_once):
        publish.commands(redis, handed_in[begin : begin + at_once])

    for session in sessions:
        queued = [json.loads(one)["headers"]["id"] for one in redis.lrange(session_queue_name(session), 0, -1)]
        assert queued == [str(command) for of, command in reversed(handed_in) if of == session]
    assert redis.llen(QueueName.SESSIONS) == 2
    assert read_counters(redis)[ACCEPTED] == before + 6


def test_a_redis_that_was_started_anew_takes_commands_at_once(studio: Studio) -> None:
    session = studio.a_session()
    publish.commands(studio.redis, [(session, CommandId(new_id()))])
    studio.redis.script_flush()

    publish.commands(studio.redis, [(session, CommandId(new_id()))])

    assert studio.redis.llen(session_queue_name(session)) == 2


@pytest.mark.parametrize("module", ["api.app", "workers.inbox"])
def test_whoever_only_publishes_loads_neither_celery_nor_kombu(module: str) -> None:
    code = f"import sys, {module}; print([name for name in ('celery', 'kombu') if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"
