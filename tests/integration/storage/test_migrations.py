"""The schema: tables and migrations agree, migrating twice or twice at once does no harm, and every step goes back."""

import subprocess
import sys

import psycopg
from alembic import command
from redis import Redis

from ops.auditing import audit
from ops.stack.servers import EmbeddedServers
from storage import migrate
from storage.database import WORKER_TIMEOUTS, connect, open_pool
from storage.notices import relay
from tests.databases import new_database
from tests.integration.studio import Studio


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


def test_back_and_forth_keeps_every_notice_that_a_command_caused(servers: EmbeddedServers, redis: Redis) -> None:
    with (
        new_database(servers.database_url) as url,
        connect(url) as db,
        open_pool(url, WORKER_TIMEOUTS, size_max=2) as pool,
    ):
        studio = Studio(db, redis, pool)
        session, (first, second) = studio.a_session(capacity=1), studio.members(2, sessions=3)
        booking = studio.book(session, first)
        studio.book(session, second)
        studio.cancel(session, first, booking)
        studio.serve(session)
        told = (
            "SELECT cause, member_id, kind, booking_id, pass_id, details FROM notices ORDER BY cause, kind, member_id"
        )
        before = db.execute(told).fetchall()
        assert [row[2] for row in before].count("pass_running_low") == 2

        command.downgrade(migrate.config_for(url), "0001")
        command.upgrade(migrate.config_for(url), "head")

        assert db.execute(told).fetchall() == before
        assert audit(db).ok
        assert relay(db, limit=10) == 0, "what was told before is not told again on new channels"
        assert db.execute("SELECT count(*) FROM bookings WHERE remind_at IS NOT NULL").fetchone() == (1,)
