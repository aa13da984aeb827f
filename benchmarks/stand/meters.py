"""What a run used: processor time and memory of each kind of process from /proc, statements and WAL from Postgres."""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storage.database import Db

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at all meters; the difference of two is what happened between them."""

    cpu_seconds: Mapping[str, float]
    wal_bytes: int
    transactions: int
    statements: int | None


def processes_under(roots: Mapping[str, int]) -> dict[str, list[int]]:
    """Return the processes of each kind: those started by its root, the root first."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := _stat(int(folder.name))):
            children[int(fields[1])].append(int(folder.name))
    found = {}
    for kind, root in roots.items():
        family = [root]
        for pid in family:
            family += children[pid]
        found[kind] = family
    return found


def read(db: Db, roots: Mapping[str, int]) -> Reading:
    """Look at all meters. `db` is a connection to the database that is measured."""
    cpu = {
        kind: sum(map(_cpu_seconds, family)) + _reaped_seconds(family[0])
        for kind, family in processes_under(roots).items()
    }
    row = db.execute(
        """
        SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint, xact_commit
          FROM pg_stat_database WHERE datname = current_database()
        """
    ).fetchone()
    assert row is not None
    return Reading(cpu, row[0], row[1], _statements(db))


def peak_memory_mb(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the peak resident memory of the largest process of each kind, in millions of bytes."""
    return {
        kind: max((_status_kb(pid, "VmHWM") for pid in family), default=0) * 1024 / 1e6
        for kind, family in processes_under(roots).items()
    }


def memory_mb(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the resident memory that the largest process of each kind has now, in millions of bytes."""
    return {
        kind: max((_status_kb(pid, "VmRSS") for pid in family), default=0) * 1024 / 1e6
        for kind, family in processes_under(roots).items()
    }


def _statements(db: Db) -> int | None:
    """Return how many statements of clients this database has run; None where the server does not count them."""
    if db.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'").fetchone() is None:
        return None
    row = db.execute(
        """
        SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
         WHERE toplevel AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
    ).fetchone()
    return None if row is None else int(row[0])


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; none for a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, UnicodeDecodeError):
        return []
    return text.rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND if fields else 0.0


def _reaped_seconds(pid: int) -> float:
    """Return what the children of this process used that have ended meanwhile, as Postgres' connections do."""
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) / TICKS_PER_SECOND if fields else 0.0


def _status_kb(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name + ":")), 0)
