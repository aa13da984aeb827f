"""Publish Celery messages: a command's own message, and the tokens that say that a session has work.

They are put into Redis as kombu would leave them there: Celery's message protocol 2 in the envelope of kombu's Redis
transport. By hand, because one script then does in one round trip what a command needs, and because whoever only
publishes, as the API does, needs neither library (docs/adr/0021-messages-by-hand.md).
"""

from base64 import b64encode
from functools import cache
from uuid import uuid4

import orjson
from redis import Redis
from redis.commands.core import Script

from domain.ids import CommandId, TrainingSessionId
from storage.identifiers import new_id
from workers import flags
from workers.metrics import ACCEPTED, COUNTERS
from workers.queues import QueueName, session_queue_name

SERVE_SESSION = "seatline.serve_session"
DELIVER_DUE = "seatline.deliver_due"

_EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}

# The message first: where the lane is armed already, the token that waits then finds it.
_HAND_IN = """
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
if redis.call('SET', KEYS[3], ARGV[3], 'NX') then redis.call('LPUSH', KEYS[4], ARGV[4]) end
"""


def command(redis: Redis, training_session_id: TrainingSessionId, *, command_id: CommandId) -> None:
    """Publish the command's message to its session's queue and, unless one waits, the session's token; count it.

    All of it happens at once or not at all. The message is executable: it serves its session, so a worker pinned to
    the session's queue needs nothing else.
    """
    queue, armed_at = session_queue_name(training_session_id), flags.now_milliseconds()
    _hand_in(redis)(
        keys=[queue, COUNTERS, flags.armed_key(training_session_id), QueueName.SESSIONS],
        args=[
            _serve(training_session_id, queue, task_id=str(command_id)),
            ACCEPTED,
            armed_at,
            _serve(training_session_id, QueueName.SESSIONS, armed_at=armed_at),
        ],
    )


def token(redis: Redis, training_session_id: TrainingSessionId, *, armed_at: int) -> None:
    """Publish one token to the tail of `sessions`; `armed_at` lets the sweep tell a live token from a lost one."""
    redis.lpush(QueueName.SESSIONS, _serve(training_session_id, QueueName.SESSIONS, armed_at=armed_at))


def token_anew(redis: Redis, training_session_id: TrainingSessionId) -> None:
    """Arm the session and publish its token in any case, because the one that was waiting is known to be gone."""
    token(redis, training_session_id, armed_at=flags.rearm(redis, training_session_id))


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
