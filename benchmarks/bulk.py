"""Rows in bulk for measurements: made by the database itself, so that making them takes seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from domain.facts import TrainingSession
from domain.ids import SpaceId, TrainerId, TrainingId, TrainingSessionId
from storage import catalogue
from storage.catalogue import NewTrainingSession
from storage.database import Db, connect
from storage.identifiers import new_id
from storage.migrate import upgrade


@contextmanager
def scratch_database(server_url: str, prepare: Callable[[str], object] = upgrade) -> Iterator[str]:
    """Make an empty database on this server, give it its schema and drop it afterwards."""
    name = f"seatline_bench_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    try:
        prepare(url)
        yield url
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class Bulk:
    """A studio with many members, each with one pass of ten sessions; `number` is a member's, from 1."""

    db: Db
    training_id: TrainingId
    trainer_id: TrainerId
    space_id: SpaceId
    pass_type_id: UUID
    prefix: str

    def sessions(self, number: int, *, capacity: int, first_day: int = 7) -> list[UUID]:
        """Put sessions into the schedule, twenty a day from `first_day` days ahead."""
        begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=first_day)
        hour = timedelta(hours=1)
        new = [
            TrainingSession(
                TrainingSessionId(new_id()),
                self.training_id,
                self.trainer_id,
                self.space_id,
                starts_at=begin + timedelta(days=n // 20, minutes=30 * (n % 20)),
                lasts_minutes=60,
                capacity=capacity,
                booking_deadline=hour,
                cancellation_deadline=12 * hour,
                promotion_deadline=12 * hour,
                promotion_grace=hour / 2,
            )
            for n in range(number)
        ]
        catalogue.add_training_sessions(self.db, map(NewTrainingSession, new))
        return [session.id for session in new]

    def members(self, number: int, *, first: int = 1) -> None:
        """Enrol members m1, m2, ..., or from another number on, each with a pass."""
        self.db.execute(
            """
            WITH enrolled AS (
                INSERT INTO members (id, key, name, email)
                SELECT gen_random_uuid(), %(prefix)s || n, 'Member ' || n, %(prefix)s || n || '@example.test'
                  FROM generate_series(%(first)s::int, %(first)s::int + %(number)s::int - 1) AS n RETURNING id)
            INSERT INTO passes (id, pass_type_id, member_id, sessions_granted, sessions_left)
            SELECT gen_random_uuid(), %(pass_type)s, id, 10, 10 FROM enrolled
            """,
            {"prefix": self.prefix, "first": first, "number": number, "pass_type": self.pass_type_id},
        )

    def payers(self, limit: int) -> list[tuple[UUID, UUID]]:
        """Return (member, pass) of members whose pass is untouched."""
        return self.db.execute(
            """
            SELECT member_id, passes.id FROM passes JOIN members ON members.id = member_id
             WHERE members.key LIKE %s AND sessions_left = sessions_granted LIMIT %s
            """,
            (self.prefix + "%", limit),
        ).fetchall()

    def ask_for_seats(self, session_id: UUID, first: int, last: int) -> None:
        """Put a booking of each of these members into the log, as accepting would have done."""
        self.db.execute(
            """
            INSERT INTO commands (id, training_session_id, actor_id, kind, payload)
            SELECT gen_random_uuid(), %s, members.id, 'book_seat', jsonb_build_object('pass_id', passes.id)
              FROM generate_series(%s::int, %s::int) AS n
              JOIN members ON members.key = %s || n JOIN passes ON passes.member_id = members.id
             ORDER BY n
            """,
            (session_id, first, last, self.prefix),
        )

    def ask_to_cancel(self, session_id: UUID, status: str, limit: int) -> None:
        """Put a cancellation of the first bookings of this status into the log."""
        self.db.execute(
            """
            INSERT INTO commands (id, training_session_id, actor_id, kind, payload)
            SELECT gen_random_uuid(), training_session_id, member_id, 'cancel_booking',
                   jsonb_build_object('booking_id', id)
              FROM (SELECT * FROM bookings WHERE training_session_id = %s AND status = %s
                     ORDER BY position LIMIT %s) AS booking
            """,
            (session_id, status, limit),
        )

    def settle_statistics(self) -> None:
        """Bring the planner's statistics up to date, as autovacuum does within a minute."""
        self.db.execute("VACUUM ANALYZE")


@contextmanager
def bulk_studio(database_url: str) -> Iterator[Bulk]:
    """Open a studio in this database, beside whatever is there."""
    with connect(database_url) as db:
        db.execute("INSERT INTO studio VALUES (1, 'Studio', 'Europe/Kyiv') ON CONFLICT DO NOTHING")
        ids = [uuid4() for _ in range(4)]
        prefix = f"bench-{ids[0].hex[:8]}-"
        for table, id_ in zip(("trainings", "trainers", "spaces", "pass_types"), ids, strict=True):
            insert = sql.SQL("INSERT INTO {} (id, name) VALUES (%s, %s)").format(sql.Identifier(table))
            db.execute(insert, (id_, prefix + table))
        training_id, trainer_id, space_id, pass_type_id = ids
        yield Bulk(db, TrainingId(training_id), TrainerId(trainer_id), SpaceId(space_id), pass_type_id, prefix)
