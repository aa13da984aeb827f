"""Turn after turn: whoever has served one session takes the next token from the queue by itself, for a while.

Celery's way to the next one leads through two processes and takes as much of the processor as a session in which one
command waits (docs/adr/0027-turn-after-turn.md).
"""

import time

from psycopg_pool import ConnectionPool
from redis import Redis

from domain.ids import TrainingSessionId
from storage.database import Db
from workers import lane, publish
from workers.heartbeat import Heart
from workers.hints import hint

TURNS_SECONDS = 0.25  # then Celery hands on what waits in other queues, and a worker that shall stop stops


def serve(pool: ConnectionPool[Db], redis: Redis, heart: Heart, training_session_id: TrainingSessionId) -> None:
    """Serve this session, then those whose tokens come next, until none waits or time is up; on one connection.

    Raises psycopg's errors when the database is away. A token that was taken is gone then, as with a process that
    dies: the sweep gives another.
    """
    ends_at = time.monotonic() + TURNS_SECONDS
    following: TrainingSessionId | None = training_session_id
    with pool.connection() as db:
        while following is not None:
            with heart.busy("serve", following):
                heart.settled(lane.serve_on(db, redis, following).commands)
            following = _next(redis) if time.monotonic() < ends_at else None


def _next(redis: Redis) -> TrainingSessionId | None:
    with hint("take the next token"):
        return publish.take_token(redis)
    return None
