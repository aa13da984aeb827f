"""What each process may not do in the database, however it is asked; the other tests show that what it does, it may."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from ops.stack.servers import EmbeddedServers
from storage.database import Db, connect
from storage.migrate import upgrade
from storage.process_roles import Process, give_rights, make_roles, rights_of, role_of
from tests.databases import PASSWORDS, new_database, url_of
from tests.integration.studio import Studio

API, WORKER, NOTIFIER = Process

FORBIDDEN = {
    API: (
        "UPDATE bookings SET status = 'confirmed'",
        "UPDATE bookings SET position = 1",
        "DELETE FROM bookings",
        "INSERT INTO bookings (id) SELECT id FROM commands",
        "UPDATE commands SET outcome = '{}'",
        "UPDATE commands SET payload = '{}'",
        "UPDATE commands SET receipt = ''",
        "DELETE FROM commands",
        "INSERT INTO commands (id, payload, status) SELECT id, '{}', '' FROM spaces",
        "INSERT INTO commands (id, payload, receipt) SELECT id, '{}', '' FROM spaces",
        "INSERT INTO commands (id, payload, accepted_at) SELECT id, '{}', now() FROM spaces",
        "UPDATE passes SET sessions_left = 10",
        "UPDATE passes SET member_id = id",
        "DELETE FROM passes",
        "INSERT INTO pass_ledger (pass_id) SELECT id FROM passes",
        "UPDATE pass_ledger SET change = 1",
        "DELETE FROM pass_ledger",
        "UPDATE training_sessions SET capacity = 99",
        "UPDATE training_sessions SET receipt = ''",
        "UPDATE training_sessions SET opening = '{}'",
        "DELETE FROM training_sessions",
        "DELETE FROM members",
        "DELETE FROM staff_changes",
        "UPDATE staff_changes SET actor_id = subject_id",
        "UPDATE notices SET details = '{}'",
        "DELETE FROM notices",
        "SELECT secret FROM webhooks",
        "SELECT said FROM delivery_attempts",
    ),
    WORKER: (
        "SELECT password_hash FROM members",
        "SELECT email FROM members",
        "UPDATE members SET password_hash = NULL",
        "UPDATE members SET role = 'owner'",
        "INSERT INTO members (id, name) SELECT id, name FROM trainers",
        "SELECT FROM sign_ins",
        "SELECT FROM password_links",
        "SELECT FROM calendar_feeds",
        "SELECT FROM push_subscriptions",
        "SELECT secret FROM webhooks",
        "SELECT address FROM deliveries",
        "SELECT details FROM notices",
        "SELECT FROM staff_changes",
        "UPDATE commands SET payload = '{}'",
        "UPDATE commands SET actor_id = NULL",
        "DELETE FROM commands",
        "DELETE FROM bookings",
        "DELETE FROM pass_ledger",
        "UPDATE pass_ledger SET change = 1",
        "UPDATE passes SET sessions_granted = 99",
        "UPDATE passes SET expires_at = NULL",
        "INSERT INTO passes (id) SELECT id FROM members",
        "UPDATE notices SET details = '{}'",
    ),
    NOTIFIER: (
        "SELECT password_hash FROM members",
        "UPDATE members SET email = ''",
        "SELECT FROM sign_ins",
        "SELECT FROM calendar_feeds",
        "UPDATE bookings SET status = 'confirmed'",
        "INSERT INTO commands (id, training_session_id, kind, payload) SELECT id, id, '', '{}' FROM trainings",
        "UPDATE commands SET outcome = '{}'",
        "UPDATE passes SET sessions_left = 10",
        "UPDATE passes SET active = true",
        "UPDATE training_sessions SET capacity = 99",
        "UPDATE password_links SET ended = NULL",
        "UPDATE webhooks SET url = ''",
        "UPDATE notices SET member_id = cause",
        "DELETE FROM deliveries",
        "DELETE FROM notices",
    ),
}
ON_TABLES = ("ALTER TABLE {} ADD COLUMN more text", "DROP TABLE {}", "TRUNCATE {}", "CREATE INDEX ON {} ((1))")


@pytest.fixture(params=Process, ids=str)
def process(request: pytest.FixtureRequest) -> Process:
    found: Process = request.param
    return found


def refused(db: Db, statement: Any) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)


def one_as(process: Process, database_url: str) -> Db:
    return connect(url_of(process, database_url))


@pytest.mark.parametrize(
    ("process", "statement"), [(process, one) for process, all_ in FORBIDDEN.items() for one in all_]
)
def test_a_process_does_not_what_is_anothers(database_url: str, process: Process, statement: str) -> None:
    with one_as(process, database_url) as db:
        refused(db, statement)


def test_each_of_these_is_what_the_owner_could_do(db: Db) -> None:
    """So that none is refused for a slip of the pen; of what would be done, nothing is."""
    for statement in {one for all_ in FORBIDDEN.values() for one in all_}:
        db.execute(f"EXPLAIN {statement}".encode())


def test_nobody_but_the_owner_makes_or_changes_a_table(db: Db, database_url: str, process: Process) -> None:
    tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert len(tables) > 20
    with one_as(process, database_url) as other:
        for (table,) in tables:
            for statement in ON_TABLES:
                refused(other, sql.SQL(statement).format(sql.Identifier(table)))
        refused(other, "CREATE TABLE more (id int)")
        refused(other, "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        refused(other, "CREATE OR REPLACE FUNCTION keep_an_owner() RETURNS trigger LANGUAGE sql AS ''")
        refused(other, "CREATE ROLE more")
        refused(other, "ALTER TABLE bookings DISABLE TRIGGER ALL")
        refused(other, f"SET ROLE {db.info.user}")
        refused(other, "SET session_replication_role = replica")
        refused(other, "COPY members TO PROGRAM 'true'")


def test_what_is_left_follows_what_staff_grant_and_is_never_set(studio: Studio, database_url: str) -> None:
    member = studio.a_member(sessions=10)
    studio.db.execute("UPDATE passes SET sessions_left = 4 WHERE id = %s", (member.pass_id,))

    with one_as(API, database_url) as db:
        db.execute("UPDATE passes SET sessions_granted = 15 WHERE id = %s", (member.pass_id,))

    assert studio.sessions_left(member) == 9


@pytest.fixture
def own_url(servers: EmbeddedServers) -> Iterator[str]:
    with new_database(servers.database_url) as url:
        yield url


def test_a_right_that_is_given_no_more_is_gone_and_giving_twice_is_as_once(own_url: str) -> None:
    with connect(own_url) as db:
        user = db.info.user
        for statement in ("GRANT DELETE ON bookings TO {}", "GRANT UPDATE (outcome) ON commands TO {}"):
            db.execute(sql.SQL(statement).format(sql.Identifier(role_of(user, API))))

    assert upgrade(own_url) == give_rights(own_url) == [role_of(user, one) for one in Process]

    with one_as(API, own_url) as db:
        refused(db, "DELETE FROM bookings")
        refused(db, "UPDATE commands SET outcome = '{}'")
        assert db.execute("SELECT count(*) FROM bookings").fetchone() == (0,)


def test_a_password_is_changed_by_making_the_role_again_and_the_server_keeps_a_proof_alone(own_url: str) -> None:
    marker = f"marker {uuid4()}"
    try:
        make_roles(own_url, {NOTIFIER: marker})
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            one_as(NOTIFIER, own_url)
        with connect(own_url) as db:
            if db.info.parameter_status("is_superuser") == "on":  # as it is on servers of the suite's own
                name = role_of(db.info.user, NOTIFIER)
                kept = db.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (name,)).fetchone()
                assert kept is not None
                assert kept[0].startswith("SCRAM-SHA-256$")
    finally:
        make_roles(own_url, PASSWORDS)
    with one_as(NOTIFIER, own_url) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)


def test_every_right_is_of_one_process_and_none_is_the_owners(process: Process) -> None:
    for statement in rights_of(process):
        assert "{role}" in statement or statement == "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
        assert not {"ALL", "TRUNCATE", "TRIGGER", "REFERENCES", "OPTION"} & set(statement.split())
