"""What an operator asks: does the database serve, how much work waits, what was not delivered."""

from dataclasses import dataclass

from storage.command_log import lanes_with_work
from storage.database import Db


@dataclass(frozen=True, slots=True)
class Backlog:
    """Sessions with commands waiting, and the age of the oldest such command in seconds (0 when there is none)."""

    lanes: int
    oldest_age_seconds: float


def check_schema(db: Db) -> None:
    """Ask for the newest thing every answer needs; raises psycopg's `UndefinedTable` before the first migration."""
    db.execute("SELECT FROM training_sessions LIMIT 1")


def backlog(db: Db) -> Backlog:
    """Return how much work waits; reads one index entry for each session with work."""
    lanes = lanes_with_work(db)
    return Backlog(len(lanes), max((lane.oldest_age_seconds for lane in lanes), default=0.0))


def deliveries_not_sent(db: Db) -> dict[str, int]:
    """Return how many deliveries are in each state but `sent`, which would be counted ever longer."""
    rows = db.execute("SELECT status, count(*) FROM deliveries WHERE status <> 'sent' GROUP BY status")
    return dict(rows.fetchall())
