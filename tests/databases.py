"""Databases of a test's own on the suite's server."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from storage import process_roles
from storage.migrate import upgrade
from storage.process_roles import Process, make_roles

# One for all, so that several runs of the suite may share a server.
PASSWORDS = {process: f"{process} of the tests" for process in Process}


def make_test_roles(server_url: str) -> None:
    """Make the roles of the processes, under which the tests run them."""
    make_roles(server_url, PASSWORDS)


def url_of(process: Process, database_url: str) -> str:
    """Return the address with which a process speaks to the database."""
    if "user" not in conninfo_to_dict(database_url):
        return database_url  # that of no database
    return process_roles.url_of(database_url, process, PASSWORDS[process])


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
