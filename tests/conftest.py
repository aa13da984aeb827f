"""Every test runs against servers of its own: embedded ones in a temporary folder, unless a test server is named.

`SEATLINE_TEST_DATABASE_URL` and `SEATLINE_TEST_REDIS_URL` point the suite at running servers; each run makes
databases of its own there. The variables of a real installation are taken away first, so that no test meets one.
"""

import os
from collections.abc import Iterator

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from ops.stack.servers import EmbeddedServers
from tests.clock import Clock
from tests.databases import make_test_roles, new_database

BROWSER = "tests/browser/"

for _name in [name for name in os.environ if name.startswith("SEATLINE_") and not name.startswith("SEATLINE_TEST_")]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    servers = EmbeddedServers(
        tmp_path_factory.mktemp("servers"),
        database_url=os.environ.get("SEATLINE_TEST_DATABASE_URL"),
        redis_url=os.environ.get("SEATLINE_TEST_REDIS_URL"),
    )
    servers.start()
    make_test_roles(servers.database_url)
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def database_url(servers: EmbeddedServers) -> Iterator[str]:
    with new_database(servers.database_url) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(servers: EmbeddedServers) -> str:
    return servers.redis_url


@pytest.fixture
def clock() -> Clock:
    return Clock()


class _ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A file is run by one process, and so is the folder of the browser tests, whose studio takes long to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return BROWSER if file.startswith(BROWSER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None
