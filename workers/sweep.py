"""Find what a crash left behind: sessions that wait without a live token."""

import json
import time
from collections.abc import Iterator, Sequence

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
SWEEPING = "lane-sweep"
SWEEP_SECONDS_MAX = 3  # a sweep whose process died keeps others from sweeping no longer than this
REST_FACTOR = 20  # times the processor time that a sweep takes here, beside about as much in the database
CHUNK = 1000  # sessions whose flags are read in one round trip

log = get_logger()


def sweep(pool: ConnectionPool[Db], redis: Redis) -> list[TrainingSessionId]:
    """Give a token to every session that has waited 2 s without a live one; return those sessions.

    One sweep runs at a time and then rests in proportion to the work it was, so that under a backlog of many thousand
    sessions sweeping stays a tenth of one worker's work. How long it took tells nothing: one that had to wait for a
    server that hung would rest when it is needed most. Two at once, after Redis was wiped, do no harm: at worst a
    session gets a token too many, which finds nothing to do.
    """
    if not redis.set(SWEEPING, 1, nx=True, ex=SWEEP_SECONDS_MAX):
        return []
    began = time.thread_time()
    try:
        with pool.connection() as db:
            lanes = lanes_with_work(db, older_than_seconds=SWEEP_AFTER_SECONDS)
        forgotten = [lane for chunk in _chunks(lanes) for lane in _without_live_token(redis, chunk)]
        for lane in forgotten:
            _call(redis, lane)
        return [lane.training_session_id for lane in forgotten]
    finally:
        rest_milliseconds = round(1000 * REST_FACTOR * (time.thread_time() - began))
        redis.set(SWEEPING, 1, px=max(rest_milliseconds, 1))


def _chunks(lanes: Sequence[Lane]) -> Iterator[Sequence[Lane]]:
    return (lanes[start : start + CHUNK] for start in range(0, len(lanes), CHUNK))


def _without_live_token(redis: Redis, lanes: Sequence[Lane]) -> list[Lane]:
    """Return those of these lanes whose token no longer waits in `sessions`, in one round trip for all of them.

    The queue is first in, first out: a token armed before the one at the head has been taken, or was never
    published. Age alone says nothing: under a long backlog old tokens are alive.
    """
    with redis.pipeline(transaction=False) as pipe:
        pipe.lindex(QueueName.SESSIONS, -1)
        pipe.mget([flags.armed_key(lane.training_session_id) for lane in lanes])
        head, armed = pipe.execute()
    if head is None:
        return list(lanes)
    oldest_alive = int(json.loads(head)["headers"].get("armed_at", 0)) - HEAD_SLACK_MILLISECONDS
    return [lane for lane, at in zip(lanes, armed, strict=True) if at is None or int(at) < oldest_alive]


def _call(redis: Redis, lane: Lane) -> None:
    publish.token_anew(redis, lane.training_session_id)
    log.info(
        "session called by the sweep",
        training_session_id=str(lane.training_session_id),
        oldest_age_seconds=round(lane.oldest_age_seconds, 1),
    )
