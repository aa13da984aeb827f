"""A database of these tests' own, emptied before each: imports and audits look at everything there is."""

from collections.abc import Callable, Iterator

import pytest
from psycopg_pool import ConnectionPool
from redis import Redis

from ops.cli import main
from ops.stack.servers import EmbeddedServers
from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from storage.settings import settings
from tests.databases import new_database
from tests.integration.ops.post import Post
from tests.integration.studio import Studio
from tests.integration.workers.postroom import Desk

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def own_url(servers: EmbeddedServers) -> Iterator[str]:
    with new_database(servers.database_url) as url:
        yield url


@pytest.fixture(scope="session")
def own_pool(own_url: str) -> Iterator[ConnectionPool[Db]]:
    with open_pool(own_url, WORKER_TIMEOUTS, size_max=4) as pool:
        yield pool


@pytest.fixture
def db(own_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Db]:
    monkeypatch.setenv("SEATLINE_DATABASE_URL", own_url)
    settings.cache_clear()
    with connect(own_url) as db:
        db.execute("TRUNCATE studio, members, trainings, trainers, spaces, pass_types, webhooks CASCADE")
        yield db
    settings.cache_clear()


@pytest.fixture
def studio(db: Db, redis: Redis, own_pool: ConnectionPool[Db]) -> Studio:
    return Studio(db, redis, own_pool)


@pytest.fixture
def cli(db: Db, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command as the shell does; returns exit status, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(exit_.value.code or 0), out, err

    return run


@pytest.fixture
def post(studio: Studio, own_pool: ConnectionPool[Db]) -> Iterator[Post]:
    desk = Desk(studio.db, own_pool, studio.redis)
    yield Post(studio, desk)
    for postroom in desk.opened:
        postroom.close()
