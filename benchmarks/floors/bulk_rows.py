"""The rows of a backlog written by hand: what the database itself needs for them, with nothing decided.

A session with its waiting commands is served as workers do; then its rows are read, everything is put back, and the
same rows are written again in the same batches by COPY and one UPDATE ... FROM a table. No program that decides can be
faster on this database. Served beside it: the same commands in one transaction each, by the same rules.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from benchmarks.bulk import Bulk
from benchmarks.contenders import SEATLINE
from benchmarks.hot_session import serve_in_batches, serve_one_by_one
from benchmarks.results import Measurement
from benchmarks.stand.stand import Stand
from storage.database import Db, connect

COMMANDS = 20_000
CAPACITY = 100
ONE_BY_ONE_SHARE = 0.1
_OF_BATCH: dict[str, LiteralString] = {
    "bookings": "SELECT {} FROM bookings JOIN batch USING (id)",
    "notices": "SELECT {} FROM notices JOIN batch ON batch.id = cause ORDER BY notices.id",
    "pass_ledger": "SELECT {} FROM pass_ledger JOIN batch ON batch.id = command_id ORDER BY pass_ledger.id",
}
"""Which rows a batch added to each table; `batch` holds the ids of its commands."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one transaction wrote, as COPY reads it: added rows by table, outcomes, and passes with their balance."""

    added: dict[str, bytes]
    outcomes: bytes
    passes: bytes
    position: int
    receipt: str


def bulk_rows(stand: Stand, *, scale: float) -> Measurement:
    """Return the three rates, and their ratios, of one database."""
    commands = max(round(COMMANDS * scale), 100)
    few = max(round(commands * ONE_BY_ONE_SHARE), 20)
    with stand.running(SEATLINE, working=False, web=False) as running:
        bulk = running.studio
        assert isinstance(bulk, Bulk)
        url = running.stack.database_url
        bulk.members(commands)
        hot, other = bulk.sessions(2, capacity=CAPACITY)
        bulk.ask_for_seats(hot, 1, commands)
        bulk.settle_statistics()
        served = _timed(lambda: serve_in_batches(url, hot))
        with connect(url) as db:
            _name_batches(db, hot)
            batches = list(_read(db))
            _put_back(db)
            bulk.settle_statistics()
            written = _timed(lambda: _write_all(db, hot, batches))
            bulk.ask_for_seats(other, 1, few)
            singly = _timed(lambda: serve_one_by_one(db, other, few))
    figures = {
        "bulk_sql_per_second": commands / written,
        "one_process_per_second": commands / served,
        "one_by_one_per_second": few / singly,
    }
    return Measurement("floor of the database", "bulk SQL", {"commands": commands}, figures)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@cache
def _columns(db: Db, table: str) -> tuple[sql.Identifier, ...]:
    """Return the columns of a table that are written by whoever adds a row."""
    rows = db.execute(
        """
        SELECT column_name FROM information_schema.columns
         WHERE table_name = %s AND is_identity = 'NO' AND is_generated = 'NEVER' ORDER BY ordinal_position
        """,
        (table,),
    )
    return tuple(sql.Identifier(name) for (name,) in rows)


def _name_batches(db: Db, session_id: UUID) -> None:
    """Note which commands were settled together: a batch is settled in one statement, so by one instant."""
    db.execute("CREATE TEMP TABLE batch (id uuid PRIMARY KEY)")
    db.execute(
        """
        CREATE TEMP TABLE batches AS SELECT applied_at, array_agg(id) AS ids, max(position) AS position
          FROM commands WHERE training_session_id = %s GROUP BY applied_at
        """,
        (session_id,),
    )


def _read(db: Db) -> Iterator[_Batch]:
    for ids, position in db.execute("SELECT ids, position FROM batches ORDER BY position").fetchall():
        db.execute("TRUNCATE batch")
        db.execute("INSERT INTO batch SELECT unnest(%s::uuid[])", (ids,))
        added = {table: _copied(db, sql.SQL(query).format(_qualified(db, table))) for table, query in _OF_BATCH.items()}
        outcomes = _copied(
            db,
            sql.SQL(
                "SELECT id, status, position, outcome, witness, receipt, applied_at FROM commands JOIN batch USING (id)"
            ),
        )
        passes = _copied(
            db,
            sql.SQL(
                "SELECT DISTINCT passes.id, sessions_left FROM passes"
                " JOIN pass_ledger ON pass_id = passes.id JOIN batch ON batch.id = command_id"
            ),
        )
        (receipt,) = db.execute("SELECT receipt FROM commands WHERE position = %s", (position,)).fetchone() or ("",)
        yield _Batch(added, outcomes, passes, position, receipt)


def _qualified(db: Db, table: str) -> sql.Composed:
    prefix = sql.Identifier(table) + sql.SQL(".")
    return sql.SQL(", ").join(prefix + column for column in _columns(db, table))


def _copied(db: Db, query: sql.SQL | sql.Composed) -> bytes:
    with db.cursor().copy(sql.SQL("COPY ({}) TO STDOUT").format(query)) as copy:
        return b"".join(bytes(block) for block in copy)


def _put_back(db: Db) -> None:
    """Leave the commands waiting, as if nobody had served them."""
    for table in ("notices", "pass_ledger", "bookings"):
        db.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    db.execute(
        """
        UPDATE commands SET status = 'waiting', position = NULL, outcome = NULL, witness = NULL, receipt = NULL,
                            applied_at = NULL;
        UPDATE passes SET sessions_left = sessions_granted;
        UPDATE training_sessions SET position = 0;
        CREATE TEMP TABLE outcomes (id uuid, status text, position bigint, outcome jsonb, witness jsonb, receipt text,
                                    applied_at timestamptz) ON COMMIT DELETE ROWS;
        CREATE TEMP TABLE charged (id uuid, sessions_left int) ON COMMIT DELETE ROWS
        """
    )


def _write_all(db: Db, session_id: UUID, batches: list[_Batch]) -> None:
    for batch in batches:
        _write(db, session_id, batch)


def _write(db: Db, session_id: UUID, batch: _Batch) -> None:
    with db.transaction():
        db.execute("SELECT FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (session_id,))
        _copy_into(db, "outcomes", batch.outcomes)
        db.execute(
            """
            UPDATE commands SET status = done.status, position = done.position, outcome = done.outcome,
                                witness = done.witness, receipt = done.receipt, applied_at = done.applied_at
              FROM outcomes AS done WHERE commands.id = done.id
            """
        )
        for table, rows in batch.added.items():
            _copy_into(db, table, rows)
        if batch.passes:
            _copy_into(db, "charged", batch.passes)
            db.execute(
                "UPDATE passes SET sessions_left = now.sessions_left FROM charged AS now WHERE passes.id = now.id"
            )
        db.execute(
            "UPDATE training_sessions SET position = %s, receipt = %s WHERE id = %s",
            (batch.position, batch.receipt, session_id),
        )


def _copy_into(db: Db, table: str, rows: bytes) -> None:
    name = sql.Identifier(table)
    columns = sql.SQL(", ").join(_columns(db, table))
    with db.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)) as copy:
        copy.write(rows)
