"""Find what a crash left behind: sessions that wait without a live token."""

import json

from psycopg_pool import ConnectionPool
from redis import Redis
from structlog import get_logger

from domain.ids import TrainingSessionId
from storage.command_log import Lane, lanes_with_work
from storage.database import Db
from workers import flags, publish
from workers.queues import QueueName

SWEEP_AFTER_SECONDS = 2.0  # younger commands are about to be served anyway
HEAD_SLACK_MILLISECONDS = 1000  # clocks of different machines may differ by this much

log = get_logger()


def sweep(pool: ConnectionPool[Db], redis: Redis) -> list[TrainingSessionId]:
    """Give a token to every session that has waited 2 s without a live one; return those sessions.

    Any number of sweeps may run at once: at worst a session gets a token too many, which finds nothing to do.
    """
    with pool.connection() as db:
        lanes = lanes_with_work(db, older_than_seconds=SWEEP_AFTER_SECONDS)
    return [lane.training_session_id for lane in lanes if _call_if_forgotten(redis, lane)]


def _call_if_forgotten(redis: Redis, lane: Lane) -> bool:
    training_session_id = lane.training_session_id
    armed_at = flags.arm(redis, training_session_id)
    if armed_at is None:
        if has_live_token(redis, training_session_id):
            return False
        armed_at = flags.rearm(redis, training_session_id)
    publish.token(training_session_id, armed_at=armed_at)
    log.info(
        "session called by the sweep",
        training_session_id=str(training_session_id),
        oldest_age_seconds=round(lane.oldest_age_seconds, 1),
    )
    return True


def has_live_token(redis: Redis, training_session_id: TrainingSessionId) -> bool:
    """Whether the session's token still waits in `sessions`.

    The queue is first in, first out: a token armed before the one at the head has been taken, or was never
    published. Age alone says nothing: under a long backlog old tokens are alive.
    """
    armed_at = redis.get(flags.armed_key(training_session_id))
    head = redis.lindex(QueueName.SESSIONS, -1)
    if armed_at is None or head is None:
        return False
    head_armed_at = json.loads(head)["headers"].get("armed_at", 0)
    return int(armed_at) >= int(head_armed_at) - HEAD_SLACK_MILLISECONDS
