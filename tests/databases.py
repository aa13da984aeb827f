"""Databases of a test's own on the suite's server."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from storage.migrate import upgrade


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """Make a migrated, empty database beside the given one and drop it afterwards."""
    name = f"seatline_test_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        upgrade(url)
        yield url
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
