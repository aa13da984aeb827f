"""The database roles of the processes: each may do there what its process does, and no more.

Whoever migrates owns the tables. The roles are called after the owner: of a studio that `seatline` owns they are
`seatline_api`, `seatline_worker` and `seatline_notifier`. What each may do stands in `process_rights.sql`.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

RIGHTS_LOCK = 7283105  # any fixed number: who holds this advisory lock makes roles and gives rights

_RIGHTS = Path(__file__).with_name("process_rights.sql")


class Process(StrEnum):
    """The processes that speak to the database with a role of their own."""

    API = "api"
    WORKER = "worker"
    NOTIFIER = "notifier"


def make_roles(database_url: str, passwords: Mapping[Process, str]) -> None:
    """Make the roles of these processes, or give those that exist these passwords; rights are `give_rights`' affair.

    Speaks as the owner, who needs the right to make roles. The passwords leave this process only as the proofs that
    the server keeps (SCRAM), so no log of the server has them. Several may call it at once.
    """
    if not passwords:
        return
    with psycopg.connect(database_url) as db:
        db.execute("SELECT pg_advisory_xact_lock(%s)", (RIGHTS_LOCK,))
        known = _roles(db)
        for process, password in passwords.items():
            name = role_of(db.info.user, process)
            proof = db.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
            statement = "ALTER ROLE {} LOGIN PASSWORD {}" if process in known else "CREATE ROLE {} LOGIN PASSWORD {}"
            db.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Literal(proof)))


def give_rights(database_url: str) -> list[str]:
    """Give each process's role, where there is one, exactly its rights on the newest schema; return their names.

    Speaks as the owner, in one transaction. Several may call it at once; a crash leaves the rights that were there.
    """
    with psycopg.connect(database_url) as db:
        db.execute("SELECT pg_advisory_xact_lock(%s)", (RIGHTS_LOCK,))
        given = {role_of(db.info.user, process): process for process in _roles(db)}
        for role, process in given.items():
            for statement in (*_NOTHING, *rights_of(process)):
                db.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
        return list(given)


def rights_of(process: Process) -> list[str]:
    """Return the statements that give a process its rights, with `{role}` where its role stands."""
    parts = re.split(r"^-- ## (\w+).*$", _RIGHTS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    plain = re.sub(r"--.*$", "", sections["every"] + sections[process], flags=re.MULTILINE)
    return [statement.strip() for statement in plain.split(";") if statement.strip()]


def role_of(owner: str, process: Process) -> str:
    """Return what the role of this process is called."""
    return f"{owner}_{process}"


def url_of(database_url: str, process: Process, password: str) -> str:
    """Return the owner's address of a database as that of one of its processes."""
    user = role_of(str(conninfo_to_dict(database_url)["user"]), process)
    parts = urlsplit(database_url)
    at = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{at}"))


# All a role was ever given, so that a right that a newer version takes away is gone.
_NOTHING = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "REVOKE ALL ON SCHEMA public FROM {role}",
)


def _roles(db: psycopg.Connection) -> list[Process]:
    """Return the processes that have a role on this server."""
    names = {one: role_of(db.info.user, one) for one in Process}
    rows = db.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(names.values()),)).fetchall()
    return [one for one, name in names.items() if (name,) in rows]
