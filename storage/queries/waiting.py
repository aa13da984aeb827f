"""What waits for the workers, session by session, for operators; at a cost that a backlog of any size bounds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.database import Db

SESSIONS_MAX = 5_000  # sessions looked at; beyond, it is "at least so many"
COUNT_MAX = 1_000  # commands counted in one session; likewise
HOTTEST = 10


@dataclass(frozen=True, slots=True)
class HotSession:
    """A session with commands waiting. `at_least` says that more may wait than were counted."""

    id: UUID
    name: str
    starts_at: datetime
    waiting: int
    at_least: bool
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that waits, by the database's clock. `at_least` says that not everything was counted."""

    commands: int
    sessions: int
    at_least: bool
    oldest_seconds: float
    hottest: tuple[HotSession, ...]


def waiting_now(db: Db) -> Waiting:
    """Return what waits, and the ten sessions where most does.

    Walks the index of waiting commands from session to session and counts in each up to a bound, so it reads an entry
    for each waiting command, no more than five million of them, and no row that is settled.
    """
    rows = db.execute(
        """
        WITH RECURSIVE lanes AS (
            (SELECT training_session_id, accepted_at FROM commands
              WHERE status = 'waiting' ORDER BY training_session_id, seq LIMIT 1)
            UNION ALL
            SELECT next.training_session_id, next.accepted_at
              FROM lanes CROSS JOIN LATERAL (
                SELECT training_session_id, accepted_at FROM commands
                 WHERE status = 'waiting' AND training_session_id > lanes.training_session_id
                 ORDER BY training_session_id, seq LIMIT 1) AS next
        ), counted AS MATERIALIZED (
            SELECT training_session_id, extract(epoch FROM clock_timestamp() - accepted_at)::float8 AS age,
                   (SELECT count(*) FROM (SELECT FROM commands
                     WHERE training_session_id = lanes.training_session_id AND status = 'waiting'
                     LIMIT %(count)s) AS some_of_it) AS waiting
              FROM lanes LIMIT %(sessions)s
        ), whole AS (
            SELECT sum(waiting)::bigint AS commands, count(*) AS sessions, max(age) AS oldest,
                   bool_or(waiting >= %(count)s) AS some_more
              FROM counted
        )
        SELECT whole.commands, whole.sessions, whole.some_more OR whole.sessions >= %(sessions)s, whole.oldest,
               hot.training_session_id, trainings.name, training_sessions.starts_at, hot.waiting, hot.age
          FROM whole
         CROSS JOIN (SELECT * FROM counted ORDER BY waiting DESC, age DESC LIMIT %(hottest)s) AS hot
          JOIN training_sessions ON training_sessions.id = hot.training_session_id
          JOIN trainings ON trainings.id = training_sessions.training_id
         ORDER BY hot.waiting DESC, hot.age DESC
        """,
        {"count": COUNT_MAX, "sessions": SESSIONS_MAX, "hottest": HOTTEST},
    ).fetchall()
    if not rows:
        return Waiting(0, 0, at_least=False, oldest_seconds=0.0, hottest=())
    commands, sessions, at_least, oldest, *_ = rows[0]
    hottest = tuple(
        HotSession(id_, name, starts_at, waiting, waiting >= COUNT_MAX, max(age, 0.0))
        for *_, id_, name, starts_at, waiting, age in rows
    )
    return Waiting(commands, sessions, at_least, max(oldest, 0.0), hottest)
