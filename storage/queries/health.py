"""What an operator asks: does the database serve, how much work waits, what was not delivered."""

from dataclasses import dataclass

from domain.channels import Channel
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


def open_deliveries(db: Db) -> dict[tuple[str, str, str], int]:
    """Return how many deliveries are due, being sent or failed, by (channel, kind, status), from one index.

    Those sent and dropped grow for ever; they are counted as they happen.
    """
    rows = db.execute(
        """
        SELECT channel, kind, status, count(*) FROM deliveries
         WHERE status IN ('due', 'sending', 'failed') GROUP BY channel, kind, status
        """
    )
    return {(channel, kind, status): count for channel, kind, status, count in rows}


def oldest_due_seconds(db: Db) -> dict[str, float]:
    """Return for each channel how long its longest waiting delivery could have gone out; reads one row for each.

    One that waits for its time, and one that a worker is sending, is not late. A channel where nothing is late is
    missing.
    """
    rows = db.execute(
        """
        SELECT wanted.channel, extract(epoch FROM clock_timestamp() - oldest.due_at)::float8
          FROM unnest(%s::text[]) AS wanted (channel)
         CROSS JOIN LATERAL (SELECT due_at FROM deliveries
                              WHERE deliveries.channel = wanted.channel AND status IN ('due', 'sending')
                              ORDER BY due_at LIMIT 1) AS oldest
         WHERE oldest.due_at < clock_timestamp()
        """,
        ([str(channel) for channel in Channel],),
    )
    return dict(rows.fetchall())


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The server's version, and how many of its connections are in use."""

    version: str
    connections: int
    connections_max: int


def database_state(db: Db) -> DatabaseState:
    """Return how the server is, as every role may see it: `pg_stat_activity` would show no role but one's own."""
    rows = db.execute(
        """
        SELECT current_setting('server_version'), (SELECT sum(numbackends) FROM pg_stat_database)::int,
               current_setting('max_connections')::int
        """
    )
    ((version, connections, connections_max),) = rows.fetchall()
    return DatabaseState(version.split()[0], connections, connections_max)
