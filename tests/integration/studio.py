"""A studio in a real database, for tests: rows made in one line, commands handed in as members do."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool
from redis import Redis

from domain.commands import Actor, BookSeat, CancelBooking, Command
from domain.facts import TrainingSession
from domain.ids import (
    BookingId,
    CommandId,
    MemberId,
    PassId,
    SpaceId,
    TrainerId,
    TrainingId,
    TrainingSessionId,
)
from storage import catalogue
from storage.catalogue import NewTrainingSession
from storage.command_log import LoggedCommand, NewCommand
from storage.database import Db
from storage.identifiers import new_id
from workers import inbox, lane
from workers.queues import QueueName

KYIV = ZoneInfo("Europe/Kyiv")  # where the studio is
NUMBERS = count(1)
SEATLINE = Actor(None)
NOBODYS = UUID("0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11")
"""An id that nothing has, the same in every process: what a test is called by may hold it."""


@dataclass(frozen=True)
class Member:
    """A member with one pass."""

    id: MemberId
    pass_id: PassId


@dataclass
class Studio:
    """The studio under test: `db` is its owner's, `pool` a worker's, `notifier_pool` the notifier's, if it has one."""

    db: Db
    redis: Redis
    pool: ConnectionPool[Db]
    pool_of_notifier: ConnectionPool[Db] | None = None
    staff: Actor = field(default_factory=lambda: Actor(MemberId(new_id()), is_staff=True))

    def __post_init__(self) -> None:
        number = next(NUMBERS)
        self.db.execute("INSERT INTO studio VALUES (1, 'Studio', %s) ON CONFLICT DO NOTHING", (KYIV.key,))
        self.training_id = TrainingId(self._named("trainings", f"Yoga {number} {new_id()}"))
        self.trainer_id = TrainerId(self._named("trainers", f"Olena {number} {new_id()}"))
        self.space_id = SpaceId(self._named("spaces", f"Blue room {number} {new_id()}"))
        self.pass_type_id = self._named("pass_types", f"Ten times {number} {new_id()}")

    @property
    def notifier_pool(self) -> ConnectionPool[Db]:
        """Return what the notifier has."""
        return self.pool_of_notifier or self.pool

    def _named(self, table: str, name: str) -> Any:
        id_ = new_id()
        self.db.execute(f"INSERT INTO {table} (id, name) VALUES (%s, %s)", (id_, name))
        return id_

    def a_session(self, **changes: Any) -> TrainingSessionId:
        """Put a session of two places, a week from now, into the schedule."""
        hour = timedelta(hours=1)
        session = TrainingSession(
            TrainingSessionId(new_id()),
            self.training_id,
            self.trainer_id,
            self.space_id,
            starts_at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=7),
            lasts_minutes=60,
            capacity=2,
            booking_deadline=hour,
            cancellation_deadline=12 * hour,
            promotion_deadline=12 * hour,
            promotion_grace=hour / 2,
        )
        session = replace(session, **changes)
        catalogue.add_training_sessions(self.db, [NewTrainingSession(session)])
        return session.id

    def a_member(self, *, sessions: int | None = 10, expires_at: datetime | None = None) -> Member:
        """Enrol a member with one pass."""
        return self.members(1, sessions=sessions, expires_at=expires_at)[0]

    def members(self, number: int, *, sessions: int | None = 10, expires_at: datetime | None = None) -> list[Member]:
        """Enrol members with one pass each."""
        enrolled = [Member(MemberId(new_id()), PassId(new_id())) for _ in range(number)]
        with self.db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO members (id, name, email) VALUES (%s, %s, %s)",
                [(one.id, f"Member {one.id}", f"{one.id}@example.test") for one in enrolled],
            )
            cursor.executemany(
                "INSERT INTO passes (id, pass_type_id, member_id, sessions_granted, sessions_left, expires_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [(one.pass_id, self.pass_type_id, one.id, sessions, sessions, expires_at) for one in enrolled],
            )
        return enrolled

    def ask(self, session_id: TrainingSessionId, actor: Actor, command: Command, key: str | None = None) -> CommandId:
        """Hand a command in and return its id."""
        new = NewCommand(CommandId(new_id()), session_id, actor, command, key)
        logged = inbox.accept(self.db, self.redis, new)
        assert isinstance(logged, LoggedCommand), logged
        return logged.id

    def book(self, session_id: TrainingSessionId, member: Member) -> BookingId:
        """Ask for a place; the booking's id is that of the command."""
        return BookingId(self.ask(session_id, Actor(member.id), BookSeat(member.pass_id)))

    def cancel(self, session_id: TrainingSessionId, member: Member, booking_id: BookingId) -> CommandId:
        """Ask to give the place back."""
        return self.ask(session_id, Actor(member.id), CancelBooking(booking_id))

    def serve(self, session_id: TrainingSessionId) -> lane.Served:
        """Serve the session once, as a worker does."""
        return lane.serve(self.pool, self.redis, session_id)

    def tokens(self) -> int:
        """Return how many tokens wait in `sessions`."""
        return int(self.redis.llen(QueueName.SESSIONS))

    def roster(self, session_id: TrainingSessionId) -> dict[MemberId, str]:
        """Return each live booking's status by member."""
        rows = self.db.execute(
            "SELECT member_id, status FROM bookings WHERE training_session_id = %s AND status <> 'cancelled'"
            " ORDER BY position",
            (session_id,),
        )
        return {row[0]: row[1] for row in rows}

    def outcome(self, command_id: CommandId | BookingId) -> dict[str, Any]:
        """Return a command's outcome in its plain form."""
        return self._one("SELECT outcome FROM commands WHERE id = %s", command_id) or {}

    def status(self, command_id: CommandId | BookingId) -> str:
        """Return a command's status."""
        return str(self._one("SELECT status FROM commands WHERE id = %s", command_id))

    def sessions_left(self, member: Member) -> int:
        """Return what is left on the member's pass."""
        return int(self._one("SELECT sessions_left FROM passes WHERE id = %s", member.pass_id))

    def counts(self, session_id: TrainingSessionId) -> tuple[int, int, int]:
        """Return the session's booked, waiting and skipped."""
        row = self.db.execute(
            "SELECT booked, waiting, skipped FROM training_sessions WHERE id = %s", (session_id,)
        ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    def _one(self, query: str, id_: object) -> Any:
        row = self.db.execute(query, (id_,)).fetchone()
        assert row is not None
        return row[0]
