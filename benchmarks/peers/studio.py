"""Rows in bulk for the peers' tables, by the same names as `benchmarks.bulk` gives Seatline's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from storage.database import Db, connect


@dataclass(frozen=True)
class PeerStudio:
    """A studio in a peer's database; each member has one pass of ten sessions."""

    db: Db

    def sessions(self, number: int, *, capacity: int, first_day: int = 7) -> list[UUID]:
        """Put sessions into the schedule, twenty a day from `first_day` days ahead."""
        rows = self.db.execute(
            """
            INSERT INTO training_sessions
                (id, name, training_id, trainer_id, space_id, starts_at, lasts_minutes, capacity)
            SELECT gen_random_uuid(), 'Session ' || n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
                   date_trunc('hour', now()) + make_interval(days => %s + n / 20, mins => 30 * (n %% 20)), 60, %s
              FROM generate_series(0, %s - 1) AS n RETURNING id
            """,
            (first_day, capacity, number),
        )
        return [id_ for (id_,) in rows]

    def members(self, number: int, *, first: int = 1) -> None:
        """Enrol so many members, named by their numbers from the first on, each with a pass."""
        self.db.execute(
            """
            WITH enrolled AS (
                INSERT INTO members (id, name)
                SELECT gen_random_uuid(), 'Member ' || n FROM generate_series(%s::int, %s::int) AS n RETURNING id)
            INSERT INTO passes (id, member_id, sessions_granted, sessions_left)
            SELECT gen_random_uuid(), id, 10, 10 FROM enrolled
            """,
            (first, first + number - 1),
        )

    def payers(self, limit: int) -> list[tuple[UUID, UUID]]:
        """Return (member, pass) of members whose pass is untouched."""
        query = "SELECT member_id, id FROM passes WHERE sessions_left = sessions_granted LIMIT %s"
        return self.db.execute(query, (limit,)).fetchall()

    def settle_statistics(self) -> None:
        """Bring the planner's statistics up to date, as autovacuum does within a minute."""
        self.db.execute("VACUUM ANALYZE")


@contextmanager
def peer_studio(database_url: str) -> Iterator[PeerStudio]:
    """Open a studio in this peer's database."""
    with connect(database_url) as db:
        yield PeerStudio(db)
