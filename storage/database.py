"""Connections to Postgres, with the timeouts that correctness hangs on."""

from collections.abc import Callable
from typing import Any

from psycopg import Connection, adapters
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg.types.array import ListBinaryDumper
from psycopg_pool import ConnectionPool

Db = Connection[TupleRow]
"""An open connection; in autocommit unless inside `with db.transaction()`."""

Ask = Callable[[Callable[[Db], Any]], Any]
"""Answers a question to the database on a connection that it chooses, and may ask twice where one breaks."""

WORKER_TIMEOUTS = {
    # A worker that is paused inside a batch loses its lock, and its COMMIT fails, after this long.
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "60s",
    "lock_timeout": "8s",
}
API_TIMEOUTS = {
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
}
_PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}


# As text each element of an array is searched for what must be quoted; in binary it travels as it is.
_ADAPTERS = AdaptersMap(adapters)
_ADAPTERS.register_dumper(list, ListBinaryDumper)


def connect(database_url: str, timeouts: dict[str, str] | None = None) -> Db:
    """Open one connection in autocommit; without timeouts it is meant for long work of an operator."""
    return Connection.connect(_conninfo(database_url, timeouts or {}), autocommit=True, context=_ADAPTERS)


def open_pool(
    database_url: str, timeouts: dict[str, str], *, size_max: int, checked: bool = False, planned_once: bool = False
) -> ConnectionPool[Db]:
    """Open a pool of autocommit connections; waiting longer than 5 s for one raises `PoolTimeout`.

    A checked pool makes sure that a connection is alive before it hands it out, at the cost of a round trip. One that
    is planned once plans a statement when a connection first sees it, and for whatever values come later: not for
    statements whose best plan depends on them, as on a LIMIT.
    """
    return ConnectionPool(
        _conninfo(database_url, timeouts | (_PLANNED_ONCE if planned_once else {})),
        kwargs={"autocommit": True, "context": _ADAPTERS} | ({"prepare_threshold": 0} if planned_once else {}),
        check=ConnectionPool.check_connection if checked else None,
        min_size=1,
        max_size=size_max,
        timeout=5.0,
        # Without a bound the pause between two tries to reconnect doubles for as long as the server is away.
        reconnect_timeout=3.0,
        max_idle=60.0,
        open=True,
    )


def _conninfo(database_url: str, parameters: dict[str, str]) -> str:
    # READ COMMITTED whatever the server's default: under a snapshot taken before the lane's flags are deleted, a
    # command could wait for the sweep.
    settings = {
        "timezone": "UTC",
        "default_transaction_isolation": r"read\ committed",
        # Joins as they are written: looking for a better order took longer than all the rest (ADR 0029).
        "join_collapse_limit": "1",
        **parameters,
    }
    options: dict[str, Any] = {
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "seatline",
    }
    return make_conninfo(database_url, **options)
