"""Deliveries under test begin with empty tables, so that whatever is due is the test's own."""

from collections.abc import Iterator

import pytest
from psycopg_pool import ConnectionPool
from redis import Redis

from storage.database import Db
from tests.integration.workers.postroom import Desk


@pytest.fixture
def desk(db: Db, notifier_pool: ConnectionPool[Db], redis: Redis) -> Iterator[Desk]:
    db.execute("TRUNCATE notices CASCADE")
    db.execute("DELETE FROM webhooks")
    desk = Desk(db, notifier_pool, redis)
    yield desk
    for postroom in desk.opened:
        postroom.close()
