"""What each process holds open: made on first use, so that a forked child never shares its parent's sockets."""

from functools import cache
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown
from psycopg_pool import ConnectionPool
from redis import Redis

from storage.database import WORKER_TIMEOUTS, Db, open_pool
from storage.settings import settings
from workers.app import app
from workers.heartbeat import Heart

REDIS_TIMEOUT_SECONDS = 2  # far below the 10 s after which Postgres ends a paused batch


@cache
def redis_client() -> Redis:
    """Return this process's Redis client; every call gives up after 2 s."""
    return Redis.from_url(
        settings().redis_url,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        decode_responses=True,
    )


@cache
def lane_pool() -> ConnectionPool[Db]:
    """Return the pool of the one connection on which this worker process serves sessions.

    Checked, because a token used up on a dead connection would leave its session to the sweep. Planned once: Postgres
    else plans some statements of a batch anew each time, which for one command is a tenth of its work.
    """
    return open_pool(settings().database_url, WORKER_TIMEOUTS, size_max=1, checked=True, planned_once=True)


@cache
def worker_pool() -> ConnectionPool[Db]:
    """Return this process's pool for all other work; the couriers of all channels need one connection each."""
    return open_pool(settings().database_url, WORKER_TIMEOUTS, size_max=4, checked=True)


@cache
def heart() -> Heart:
    """Return what tells what this process does."""
    return Heart(redis_client(), queues=tuple(app.amqp.queues.consume_from))


@worker_process_init.connect
def _begin_to_beat(sender: str | None = None, **_: Any) -> None:
    """In each worker process, after the fork, so that none has its parent's thread or sockets."""
    heart().start(sender or "")


@worker_process_shutdown.connect
def _stop_beating(**_: Any) -> None:
    heart().stop()
