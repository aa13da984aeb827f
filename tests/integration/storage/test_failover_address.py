"""SEATLINE_DATABASE_URL may name several servers; the one that takes writes is used."""

from urllib.parse import quote, urlsplit

import pytest

from storage.database import API_TIMEOUTS, WORKER_TIMEOUTS, connect, open_pool
from storage.migrate import upgrade
from tests.databases import new_database


@pytest.fixture
def two_servers(database_url: str) -> str:
    """The address of this run's database behind one that is away."""
    return naming_two_servers(database_url)


def naming_two_servers(url: str) -> str:
    parts = urlsplit(url)
    hosts, ports = f"127.0.0.1,{parts.hostname}", f"9,{parts.port}"
    who = parts.netloc.rpartition("@")[0]
    return f"postgresql://{who}@{parts.path}?host={quote(hosts, safe=',')}&port={ports}&target_session_attrs=read-write"


def test_connections_find_the_server_that_takes_writes(two_servers: str) -> None:
    with connect(two_servers, API_TIMEOUTS) as db, open_pool(two_servers, WORKER_TIMEOUTS, size_max=1) as pool:
        assert db.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
        with pool.connection() as pooled:
            assert pooled.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)


def test_migrations_find_it_too(database_url: str) -> None:
    with new_database(database_url) as url:
        upgrade(naming_two_servers(url))
