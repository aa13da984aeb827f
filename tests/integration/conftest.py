"""Real Postgres and Valkey; every test works with rows of its own and an empty Redis."""

from collections.abc import Iterator

import pytest
from psycopg_pool import ConnectionPool
from redis import Redis

from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from storage.settings import settings
from tests.integration.studio import Studio
from workers.app import app
from workers.resources import redis_client


@pytest.fixture(scope="session", autouse=True)
def _environment(database_url: str, redis_url: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEATLINE_DATABASE_URL", database_url)
        patch.setenv("SEATLINE_REDIS_URL", redis_url)
        patch.setenv("SEATLINE_SECRET_KEY", "a key made for this run of the tests only")
        settings.cache_clear()
        yield
        app.close()
        redis_client().close()
    settings.cache_clear()


@pytest.fixture(scope="session")
def pool(database_url: str) -> Iterator[ConnectionPool[Db]]:
    with open_pool(database_url, WORKER_TIMEOUTS, size_max=8) as pool:
        yield pool


@pytest.fixture
def db(database_url: str) -> Iterator[Db]:
    with connect(database_url) as db:
        yield db


@pytest.fixture
def redis(_environment: None) -> Redis:
    redis = redis_client()
    redis.flushdb()
    return redis


@pytest.fixture
def studio(db: Db, redis: Redis, pool: ConnectionPool[Db]) -> Studio:
    # What earlier tests left waiting would be swept and served in this one.
    db.execute("DELETE FROM bookings WHERE id IN (SELECT id FROM commands WHERE status = 'waiting')")
    db.execute("DELETE FROM commands WHERE status = 'waiting'")
    return Studio(db, redis, pool)
