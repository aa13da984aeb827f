"""Publish Celery messages: a command's own message, and the tokens that say that a session has work.

They are put into Redis as kombu would leave them there: Celery's message protocol 2 in the envelope of kombu's Redis
transport. By hand, because one script then does in one round trip what a command needs, and because whoever only
publishes, as the API does, needs neither library (docs/adr/0021-messages-by-hand.md).
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from redis import Redis
from redis.commands.core import Script
from structlog import get_logger

from domain.ids import CommandId, TrainingSessionId
from storage.identifiers import new_id
from workers import flags
from workers.metrics import ACCEPTED, COUNTERS
from workers.queues import QueueName, session_queue_name

SERVE_SESSION = "seatline.serve_session"
DELIVER_DUE = "seatline.deliver_due"

log = get_logger()

_EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}

# For each command its queue and its session's flag, its message and its session's token. The message first: where the
# lane is armed already, the token that waits then finds it.
_HAND_IN = """
redis.call('HINCRBY', KEYS[1], ARGV[1], (#KEYS - 2) / 2)
for i = 3, #KEYS, 2 do
    redis.call('LPUSH', KEYS[i], ARGV[i])
    if redis.call('SET', KEYS[i + 1], ARGV[2], 'NX') then redis.call('LPUSH', KEYS[2], ARGV[i + 1]) end
end
"""


def commands(redis: Redis, handed_in: Iterable[tuple[TrainingSessionId, CommandId]]) -> None:
    """Publish each command's message to its session's queue and, unless one waits, the session's token; count them.

    All of it happens at once or not at all. A message is executable: it serves its session, so a worker pinned to
    the session's queue needs nothing else.
    """
    armed_at = flags.now_milliseconds()
    keys: list[str] = [COUNTERS, QueueName.SESSIONS]
    args: list[str | int | bytes] = [ACCEPTED, armed_at]
    tokens: dict[TrainingSessionId, bytes] = {}
    for training_session_id, command_id in handed_in:
        if training_session_id not in tokens:
            tokens[training_session_id] = _serve(training_session_id, QueueName.SESSIONS, armed_at=armed_at)
        queue = session_queue_name(training_session_id)
        keys += [queue, flags.armed_key(training_session_id)]
        args += [_serve(training_session_id, queue, task_id=str(command_id)), tokens[training_session_id]]
    _hand_in(redis)(keys=keys, args=args)


def token(redis: Redis, training_session_id: TrainingSessionId, *, armed_at: int) -> None:
    """Publish one token to the tail of `sessions`; `armed_at` lets the sweep tell a live token from a lost one."""
    redis.lpush(QueueName.SESSIONS, _serve(training_session_id, QueueName.SESSIONS, armed_at=armed_at))


def token_anew(redis: Redis, training_session_id: TrainingSessionId) -> None:
    """Arm the session and publish its token in any case, because the one that was waiting is known to be gone."""
    token(redis, training_session_id, armed_at=flags.rearm(redis, training_session_id))


def take_token(redis: Redis) -> TrainingSessionId | None:
    """Take the token that a worker would be handed next, and return its session; None where there is none.

    Any other message stays where it was, for Celery to make something of it.
    """
    message: Any = redis.rpop(QueueName.SESSIONS)
    if message is None:
        return None
    try:
        said = orjson.loads(message)
        _, kwargs, _ = orjson.loads(b64decode(said["body"]))
        if said["headers"]["task"] == SERVE_SESSION:
            return TrainingSessionId(UUID(kwargs["training_session_id"]))
    except (LookupError, TypeError, ValueError) as error:
        log.warning("a message in the queue of sessions cannot be read", error=repr(error))
    redis.rpush(QueueName.SESSIONS, message)
    return None


def delivery_token(redis: Redis) -> None:
    """Call a worker to deliver what is due."""
    redis.lpush(QueueName.NOTIFICATIONS, _message(DELIVER_DUE, {}, QueueName.NOTIFICATIONS))


@cache
def _hand_in(redis: Redis) -> Script:
    return redis.register_script(_HAND_IN)


def _serve(
    training_session_id: TrainingSessionId, queue: str, *, task_id: str | None = None, armed_at: int | None = None
) -> bytes:
    own = {} if armed_at is None else {"armed_at": armed_at}
    return _message(SERVE_SESSION, {"training_session_id": str(training_session_id)}, queue, task_id=task_id, own=own)


def _message(
    task: str, kwargs: dict[str, str], queue: str, *, task_id: str | None = None, own: dict[str, int] | None = None
) -> bytes:
    """Return a message for this task as it lies in a queue; `own` are headers that Celery does not know.

    The fields are those of docs.celeryq.dev, "Message Protocol", version 2, and of kombu's virtual transports.
    """
    id_ = task_id or str(new_id())
    headers: dict[str, object] = {
        "lang": "py",
        "task": task,
        "id": id_,
        "root_id": id_,
        "parent_id": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "eta": None,
        "expires": None,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": repr(kwargs),
        "origin": "seatline",
        "ignore_result": True,
        "shadow": None,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
        **(own or {}),
    }
    properties = {
        "correlation_id": id_,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    message = {
        "body": b64encode(orjson.dumps([[], kwargs, _EMBED])).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return orjson.dumps(message)
