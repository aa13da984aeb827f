"""Checks servers that the user names by URL, so that a wrong one is told at the start and in one sentence."""

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict

from ops.stack.binaries import OLDEST_POSTGRES, OLDEST_REDIS
from ops.stack.errors import StackError

_SECONDS = 5
_DATABASE_FORM = "postgresql://user:password@host:5432/database"
_BROKER_FORM = "redis://:password@host:6379/0"


def check_database(url: str) -> None:
    """Connect once; raises StackError that names the server but never its password."""
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Not repeated: libpq quotes what it could not read, password and all.
        raise StackError(f"SEATLINE_DATABASE_URL cannot be read: write it as {_DATABASE_FORM}.") from None
    try:
        with psycopg.connect(url, connect_timeout=_SECONDS) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise StackError(
            f"Postgres does not answer: {_first_line(error)} Check SEATLINE_DATABASE_URL ({_DATABASE_FORM})."
        ) from None
    if version < OLDEST_POSTGRES:
        raise StackError(
            f"The Postgres of SEATLINE_DATABASE_URL is version {version}: Seatline needs {OLDEST_POSTGRES} or newer."
        )


def check_broker(url: str) -> None:
    """Ask for its version once; raises StackError that names the server but never its password."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS) as client:
            version = str(client.info("server")["redis_version"])
    except ValueError:
        raise StackError(f"SEATLINE_REDIS_URL cannot be read: write it as {_BROKER_FORM}.") from None
    except redis.RedisError as error:
        raise StackError(
            f"Redis does not answer: {_first_line(error)} Check SEATLINE_REDIS_URL ({_BROKER_FORM})."
        ) from None
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        raise StackError(f"The Redis of SEATLINE_REDIS_URL is version {version}: Seatline needs 6.2 or newer.")


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(". ")
    return line + "."
