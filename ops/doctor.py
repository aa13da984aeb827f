"""`seatline doctor`: look at everything Seatline needs, and say for each what to do if it is not well.

This machine is looked at in `ops.doctor_machine`, how notices reach people in `ops.doctor_notifications`.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from ops import doctor_machine, doctor_notifications
from ops.finding import Finding
from storage import migrate
from storage.database import Db, connect
from storage.queries.backlog import BacklogLimits, limits_of, look_at_backlog
from storage.queries.health import database_state
from storage.settings import Settings
from workers.app import app
from workers.history import Sample, history
from workers.queues import QueueName

POSTGRES_OLDEST = 150_000  # NULLS NOT DISTINCT came with 15
REDIS_OLDEST = (6, 2)  # GETDEL and RPOP with a count came with 6.2
CONNECTIONS_SHARE_MAX = 0.8
CLOCKS_APART_MAX = 1.0  # seconds; the sweep allows for as much
SWEPT_SECONDS_MAX = 30.0
PING_SECONDS = 2.0
HTTP_SECONDS = 5.0
COMMAND_QUEUES = frozenset({QueueName.SESSIONS, QueueName.UPKEEP})
NOTIFICATION_QUEUES = frozenset({QueueName.NOTIFICATIONS})

MIGRATIONS = Path(migrate.__file__).parent / "migrations" / "versions"


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the findings one by one; what cannot be reached is a finding, never an exception."""
    yield from doctor_machine.examine(settings)
    yield from _database(settings)
    yield from _redis(settings)
    yield _api(settings)
    yield from _workers()
    yield from doctor_notifications.examine(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with connect(settings.database_url) as db:
            for check in (_postgres_version, _primary, _durability, _connections, _schema, _isolation, _clocks):
                yield check(db)
            yield _backlog(db, limits_of(settings))
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding("database", well=False, found=reason, advice="Start it, or correct SEATLINE_DATABASE_URL.")


def _postgres_version(db: Db) -> Finding:
    version = db.info.server_version
    found = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    return Finding("database", version >= POSTGRES_OLDEST, found, "Use PostgreSQL 15 or newer.")


def _primary(db: Db) -> Finding:
    (standby,) = db.execute("SELECT pg_is_in_recovery()").fetchall()[0]
    found = "a standby, which takes no writes" if standby else "it takes writes"
    advice = (
        "Point SEATLINE_DATABASE_URL at the primary, or let it name all servers with `target_session_attrs=read-write`."
    )
    return Finding("primary", not standby, found, advice)


def _durability(db: Db) -> Finding:
    """What was answered with 202 must outlive a power cut."""
    names = ("fsync", "full_page_writes", "synchronous_commit")
    values = {name: db.execute("SELECT current_setting(%s)", (name,)).fetchall()[0][0] for name in names}
    off = [name for name, value in values.items() if value == "off"]
    found = ", ".join(f"{name} is {value}" for name, value in values.items())
    return Finding("durability", not off, found, f"Set {' and '.join(off)} to on: an accepted command may be lost.")


def _connections(db: Db) -> Finding:
    state = database_state(db)
    found = f"{state.connections} of {state.connections_max} in use"
    advice = "Raise `max_connections`, or run fewer processes: docs/operations.md says how many each may take."
    return Finding("connections", state.connections <= CONNECTIONS_SHARE_MAX * state.connections_max, found, advice)


def _schema(db: Db) -> Finding:
    newest = max(path.name.split("_")[0] for path in MIGRATIONS.glob("[0-9]*.py"))
    try:
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    has = row[0] if row else "nothing"
    return Finding("schema", has == newest, f"at {has}, newest is {newest}", "Run `seatline migrate`.")


def _isolation(db: Db) -> Finding:
    row = db.execute("SHOW transaction_isolation").fetchone()
    found = row[0] if row else "unknown"
    return Finding(
        "isolation", found == "read committed", found, "Something overrides default_transaction_isolation; remove it."
    )


def _clocks(db: Db) -> Finding:
    before = datetime.now(UTC)
    row = db.execute("SELECT clock_timestamp()").fetchone()
    after = datetime.now(UTC)
    apart = (row[0] - (before + (after - before) / 2)).total_seconds() if row else float("inf")
    return Finding(
        "clocks",
        abs(apart) <= CLOCKS_APART_MAX,
        f"the database's is {apart:+.3f} s from this machine's",
        "Let both machines set their clocks by NTP.",
    )


def _backlog(db: Db, limits: BacklogLimits) -> Finding:
    """More waiting commands than may wait turn members away, who are told to come again."""
    try:
        fullness = look_at_backlog(db, limits)
    except psycopg.errors.UndefinedTable:
        return Finding("backlog", well=False, found="no command log", advice="Run `seatline migrate`.")
    found = f"{fullness.waiting:,} of at most {limits.commands:,} commands wait"
    if fullness.full_sessions:
        found += f"; in {len(fullness.full_sessions)} sessions as many as may, {limits.in_session:,}"
    advice = "Members are turned away until fewer wait: start workers; `seatline lanes` shows where."
    return Finding("backlog", not fullness.turns_away, found, advice)


def _redis(settings: Settings) -> Iterator[Finding]:
    redis = Redis.from_url(
        settings.redis_url, socket_timeout=PING_SECONDS, socket_connect_timeout=PING_SECONDS, decode_responses=True
    )
    try:
        server, persistence, memory = redis.info("server"), redis.info("persistence"), redis.info("memory")
        samples = history(redis)
    except RedisError as error:
        yield Finding("redis", well=False, found=str(error), advice="Start it, or correct SEATLINE_REDIS_URL.")
        return
    finally:
        redis.close()
    version = str(server.get("redis_version", "0.0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    name = server.get("server_name", "redis")
    yield Finding("redis", numbers >= REDIS_OLDEST, f"{name}, speaks Redis {version}", "Use Redis 6.2 or Valkey 7.2.")
    policy = str(memory.get("maxmemory_policy", "unknown"))
    yield Finding("eviction", policy == "noeviction", policy, "Set `maxmemory-policy noeviction`.")
    kept = _kept(persistence)
    # Nothing accepted is lost without it: the command log is in the database, and the sweep calls the workers anew.
    yield Finding("persistence", well=True, found=kept or "off; after a restart the sweep finds the waiting commands")
    yield _beat(samples)


def _beat(samples: Sequence[Sample]) -> Finding:
    """Who sweeps takes a sample each ten seconds: one that is old says that nobody asks for sweeps, or none is done."""
    age = time.time() - samples[-1].at if samples else None
    found = "no sweep within the last hour" if age is None else f"swept within the last {max(age, 0) + 1:,.0f} s"
    advice = "Start it: `celery -A workers.app beat`. If it runs, no worker reads `upkeep`."
    return Finding("beat", age is not None and age <= SWEPT_SECONDS_MAX, found, advice)


def _kept(persistence: dict[str, Any]) -> str:
    modes = []
    if int(persistence.get("aof_enabled", 0)):
        modes.append("append-only file")
    if int(persistence.get("rdb_last_save_time", 0)) and persistence.get("rdb_last_bgsave_status") == "ok":
        modes.append("snapshots")
    return ", ".join(modes)


def _api(settings: Settings) -> Finding:
    address = f"{settings.api_url.rstrip('/')}/ready"
    advice = "Start it, or set SEATLINE_URL to where it is; its log says more."
    try:
        with urllib.request.urlopen(address, timeout=HTTP_SECONDS) as answer:  # noqa: S310 - the operator's own address
            return Finding("api", answer.status == 200, f"{address} answers {answer.status}", advice)  # noqa: PLR2004
    except urllib.error.HTTPError as error:
        return Finding("api", well=False, found=f"{address} answers {error.code}: {_detail(error)}", advice=advice)
    except (OSError, ValueError) as error:
        return Finding("api", well=False, found=f"{address}: {getattr(error, 'reason', error)}", advice=advice)


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        body = json.loads(error.read())
        return json.dumps(body.get("errors") or body.get("detail") or body, ensure_ascii=False)
    except (ValueError, AttributeError, OSError):
        return error.reason


def _workers() -> Iterator[Finding]:
    """Ask each worker which queues it reads: commands and notifications need one each."""
    try:
        answers = app.control.inspect(timeout=PING_SECONDS).active_queues() or {}
    except (OperationalError, RedisError, OSError) as error:
        answers = {}
        nobody = f"cannot ask them: {error}"
    else:
        nobody = f"none answers within {PING_SECONDS:.0f} s"
    reads = {worker: {queue["name"] for queue in queues} for worker, queues in answers.items()}
    for name, needed in (("workers", COMMAND_QUEUES), ("notifier", NOTIFICATION_QUEUES)):
        readers = sorted(worker for worker, queues in reads.items() if queues & needed)
        unread = ", ".join(sorted(needed.difference(*reads.values())))
        found = ", ".join(readers) or nobody
        if readers and unread:
            found += f"; nobody reads {unread}"
        yield Finding(
            name, not unread, found, f"Start one: `celery -A workers.app worker -Q {','.join(sorted(needed))}`."
        )
