"""Real Postgres and Valkey; every test works with rows of its own and an empty Redis."""

from collections.abc import Iterator

import pytest
from psycopg_pool import ConnectionPool
from redis import Redis

from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from storage.process_roles import Process
from storage.settings import settings
from tests.databases import url_of
from tests.integration.passwords import with_password
from tests.integration.studio import Member, Studio
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
    """What a worker has."""
    with open_pool(url_of(Process.WORKER, database_url), WORKER_TIMEOUTS, size_max=8) as pool:
        yield pool


@pytest.fixture(scope="session")
def api_pool(database_url: str) -> Iterator[ConnectionPool[Db]]:
    """What the API has."""
    with open_pool(url_of(Process.API, database_url), WORKER_TIMEOUTS, size_max=8) as pool:
        yield pool


@pytest.fixture(scope="session")
def notifier_pool(database_url: str) -> Iterator[ConnectionPool[Db]]:
    """What the notifier has."""
    with open_pool(url_of(Process.NOTIFIER, database_url), WORKER_TIMEOUTS, size_max=8) as pool:
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
def studio(db: Db, redis: Redis, pool: ConnectionPool[Db], notifier_pool: ConnectionPool[Db]) -> Studio:
    # What earlier tests left waiting would be swept and served in this one, and late in a long run.
    if waiting := [id_ for (id_,) in db.execute("SELECT id FROM commands WHERE status = 'waiting'")]:
        db.execute("DELETE FROM bookings WHERE id = ANY(%s)", (waiting,))
        db.execute("DELETE FROM commands WHERE id = ANY(%s)", (waiting,))
    db.execute("DELETE FROM deliveries WHERE status IN ('due', 'sending')")
    return Studio(db, redis, pool, notifier_pool)


@pytest.fixture
def nina(studio: Studio) -> Member:
    """A member who can sign in."""
    return with_password(studio, studio.a_member())
