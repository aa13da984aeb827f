"""The schema: tables and migrations agree, migrating twice or twice at once does no harm, and every step goes back."""

import subprocess
import sys

import psycopg
from alembic import command

from ops.stack.servers import EmbeddedServers
from storage import migrate
from tests.databases import new_database


def test_tables_and_migrations_agree(database_url: str) -> None:
    migrate.check(database_url)


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    migrate.check(database_url)


def test_several_processes_may_migrate_at_once(servers: EmbeddedServers) -> None:
    with new_database(servers.database_url) as url:
        command.downgrade(migrate.config_for(url), "base")
        upgrade = "import sys; from storage.migrate import upgrade; upgrade(sys.argv[1])"
        processes = [subprocess.Popen([sys.executable, "-c", upgrade, url]) for _ in range(3)]

        assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
        migrate.check(url)


def test_the_whole_schema_can_be_taken_back(servers: EmbeddedServers) -> None:
    with new_database(servers.database_url) as url:
        command.downgrade(migrate.config_for(url), "base")
        with psycopg.connect(url) as db:
            left = db.execute(
                "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
                " WHERE nspname = 'public' AND relkind = 'r' AND relname <> 'alembic_version'"
            ).fetchone()
            functions = db.execute(
                "SELECT count(*) FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace"
                " WHERE nspname = 'public'"
            ).fetchone()
        assert (left, functions) == ((0,), (0,))
        migrate.upgrade(url)
        migrate.check(url)
