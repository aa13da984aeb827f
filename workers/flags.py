"""The lane's flags in Redis: hints that make serving prompt. Losing them costs at most one sweep, never a command.

`lane:armed:<id>`    a token of this session waits in `sessions`; the value says since when (Unix milliseconds)
`lane:rerun:<id>`    a token was used up while somebody else held the lane: whoever holds it must look again
`lane:serving:<id>`  a batch was begun, at this position; found at the start of the next one, it may tell of a death
"""

import time
from functools import cache
from typing import Any

from redis import Redis
from redis.commands.core import Script

from domain.ids import TrainingSessionId
from workers.queues import QueueName, session_queue_name

FLAG_SECONDS = 3600  # flags that a crash left behind are of no use to anybody by then
STAND_IN_MILLISECONDS = 500  # many times as long as commands gather, and as a worker that died meanwhile is missed

_STAND_IN = """
if redis.call('LLEN', KEYS[1]) > 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
"""


def armed_key(training_session_id: TrainingSessionId) -> str:
    """Return the key that says that a token of this session waits."""
    return f"lane:armed:{training_session_id}"


def rerun_key(training_session_id: TrainingSessionId) -> str:
    """Return the key that says that the holder must look again."""
    return f"lane:rerun:{training_session_id}"


def serving_key(training_session_id: TrainingSessionId) -> str:
    """Return the key that says that a batch was begun."""
    return f"lane:serving:{training_session_id}"


def now_milliseconds() -> int:
    """Return the Unix time in milliseconds; only ever compared with values made the same way."""
    return time.time_ns() // 1_000_000


def arm(redis: Redis, training_session_id: TrainingSessionId) -> int | None:
    """Claim the right to publish this session's token; returns when, or None if a token waits already."""
    now = now_milliseconds()
    return now if redis.set(armed_key(training_session_id), now, nx=True) else None


def rearm(redis: Redis, training_session_id: TrainingSessionId) -> int:
    """Claim it in any case, because the token that was waiting is known to be gone."""
    now = now_milliseconds()
    redis.set(armed_key(training_session_id), now)
    return now


def token_used(redis: Redis, training_session_id: TrainingSessionId) -> None:
    """Say that a token is used up, before trying the lock once more: if it is still held, the holder will see it."""
    redis.set(rerun_key(training_session_id), 1, ex=FLAG_SECONDS)


def stand_in(redis: Redis, training_session_id: TrainingSessionId) -> bool:
    """Be this session's token, used up already, unless any token waits; tell whether the caller must look again.

    Nobody publishes one meanwhile, and nobody has to: the caller tries the lock soon after this, as after a token. A
    caller that dies instead is found out after half a second: then the next command publishes one again.
    """
    keys = [QueueName.SESSIONS, armed_key(training_session_id)]
    return bool(_stand_in(redis)(keys=keys, args=[now_milliseconds(), STAND_IN_MILLISECONDS]))


@cache
def _stand_in(redis: Redis) -> Script:
    return redis.register_script(_STAND_IN)


def begin(redis: Redis, training_session_id: TrainingSessionId, *, position: int) -> bool:
    """Clear the flags, after the lock and before reading the log; tell whether the process of the last batch died.

    `position` is that of the last command of the session that has an outcome. Where the last batch began there and
    never ended, its process died. Where it began before, it was committed, and only could not say so to a Redis that
    was away.
    In this order every command committed after the reading finds `armed` clear, so its token is published.
    """
    with redis.pipeline(transaction=False) as pipe:
        pipe.delete(armed_key(training_session_id), rerun_key(training_session_id))
        pipe.set(serving_key(training_session_id), position, ex=FLAG_SECONDS, get=True)
        began_at = pipe.execute()[1]
    return began_at is not None and int(began_at) == position


def ended(redis: Redis, training_session_id: TrainingSessionId) -> None:
    """Say that the batch ended, well or with an error: its process lives."""
    redis.delete(serving_key(training_session_id))


def take_rerun(redis: Redis, training_session_id: TrainingSessionId) -> Any:
    """Take the note that a token was used up meanwhile; call it after the lock is released.

    In a pipeline its answer, None for no note, comes with the others.
    """
    return redis.getdel(rerun_key(training_session_id))


def leave_empty(redis: Redis, training_session_id: TrainingSessionId) -> bool:
    """Delete what is left in an empty lane's queue, messages of commands already applied; tell of a note as above."""
    with redis.pipeline(transaction=False) as pipe:
        take_rerun(pipe, training_session_id)
        pipe.delete(session_queue_name(training_session_id))
        return pipe.execute()[0] is not None
