"""What the studio's own keys stand for: reads for importing, replaying and exporting.

A key is the studio's name for a session, a member or a pass in its files; the database knows each under an id too.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from domain.ids import BookingId, MemberId, PassId, TrainingSessionId
from storage.database import Db
from storage.journal import snapshot

CHUNK = 2_000  # rows a server-side cursor brings at once


@dataclass(frozen=True, slots=True)
class KnownMember:
    """A member as the database has it; `key` is None for one who came from no file."""

    id: MemberId
    key: str | None
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class KnownPass:
    """A pass with a key; `sessions` is what was granted, `trainings` the names it pays for, sorted (None: all)."""

    key: str
    member_key: str | None
    name: str
    trainings: tuple[str, ...] | None
    sessions: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownTrainingSession:
    """A session with a key, as it stands now; `starts_at` is UTC."""

    key: str
    training: str
    trainer: str
    space: str
    starts_at: datetime
    minutes: int
    capacity: int
    booking_deadline_minutes: int
    cancellation_deadline_minutes: int


@dataclass(frozen=True, slots=True)
class KnownIds:
    """The ids that a file's keys stand for; keys that stand for nothing are missing."""

    training_sessions: dict[str, TrainingSessionId]
    members: dict[str, MemberId]
    passes: dict[str, PassId]


def known_members(db: Db, keys: Collection[str], emails: Collection[str]) -> list[KnownMember]:
    """Return the members with one of these keys or one of these e-mail addresses (in lower case)."""
    with db.cursor(row_factory=class_row(KnownMember)) as cursor:
        return cursor.execute(
            "SELECT id, key, name, email FROM members WHERE key = ANY(%s) OR lower(email) = ANY(%s)",
            (list(keys), list(emails)),
        ).fetchall()


def known_passes(db: Db, keys: Collection[str]) -> dict[str, KnownPass]:
    """Return the passes with these keys."""
    rows = db.execute(
        """
        SELECT passes.key, members.key, pass_types.name,
               CASE WHEN passes.training_ids IS NOT NULL THEN
                   ARRAY(SELECT name FROM trainings WHERE id = ANY(passes.training_ids)) END,
               passes.sessions_granted, passes.expires_at
          FROM passes
          JOIN members ON members.id = passes.member_id
          JOIN pass_types ON pass_types.id = passes.pass_type_id
         WHERE passes.key = ANY(%s)
        """,
        (list(keys),),
    )
    return {
        key: KnownPass(key, member, name, None if trainings is None else tuple(sorted(trainings)), sessions, expires_at)
        for key, member, name, trainings, sessions, expires_at in rows
    }


def known_training_sessions(db: Db, keys: Collection[str]) -> dict[str, KnownTrainingSession]:
    """Return the sessions with these keys."""
    with db.cursor(row_factory=class_row(KnownTrainingSession)) as cursor:
        cursor.execute(
            """
            SELECT training_sessions.key, trainings.name AS training, trainers.name AS trainer, spaces.name AS space,
                   starts_at, training_sessions.lasts_minutes AS minutes, training_sessions.capacity,
                   training_sessions.booking_deadline_minutes, training_sessions.cancellation_deadline_minutes
              FROM training_sessions
              JOIN trainings ON trainings.id = training_id
              JOIN trainers ON trainers.id = trainer_id
              JOIN spaces ON spaces.id = space_id
             WHERE training_sessions.key = ANY(%s)
            """,
            (list(keys),),
        )
        return {row.key: row for row in cursor}


def ids_of_keys(
    db: Db, *, training_sessions: Collection[str], members: Collection[str], passes: Collection[str]
) -> KnownIds:
    """Return what these keys stand for."""

    def ids(query: LiteralString, keys: Collection[str]) -> dict[str, UUID]:
        return dict(db.execute(query, (list(keys),)).fetchall())

    return KnownIds(
        {
            key: TrainingSessionId(id_)
            for key, id_ in ids("SELECT key, id FROM training_sessions WHERE key = ANY(%s)", training_sessions).items()
        },
        {key: MemberId(id_) for key, id_ in ids("SELECT key, id FROM members WHERE key = ANY(%s)", members).items()},
        {key: PassId(id_) for key, id_ in ids("SELECT key, id FROM passes WHERE key = ANY(%s)", passes).items()},
    )


def live_bookings(
    db: Db, wanted: Collection[tuple[TrainingSessionId, MemberId]]
) -> dict[tuple[TrainingSessionId, MemberId], BookingId]:
    """Return the live bookings of these members in these sessions."""
    pairs = list(wanted)
    rows = db.execute(
        """
        SELECT bookings.training_session_id, bookings.member_id, bookings.id
          FROM unnest(%s::uuid[], %s::uuid[]) AS wanted (training_session_id, member_id)
          JOIN bookings USING (training_session_id, member_id)
         WHERE bookings.status <> 'cancelled'
        """,
        ([session for session, _ in pairs], [member for _, member in pairs]),
    )
    return {(session, member): id_ for session, member, id_ in rows}


def member_by_email(db: Db, email: str) -> KnownMember | None:
    """Return the member with this e-mail address, in whatever case it is written."""
    with db.cursor(row_factory=class_row(KnownMember)) as cursor:
        return cursor.execute(
            "SELECT id, key, name, email FROM members WHERE lower(email) = lower(%s)", (email,)
        ).fetchone()


@dataclass(frozen=True, slots=True)
class Export:
    """The rosters and passes of one instant, row by row in a fixed order; `exporting` opens one.

    Neither ever stands in memory as a whole. Only what has keys is in it: without keys a file could not speak of it.
    """

    _db: Db

    def rosters(self) -> Iterator[tuple[object, ...]]:
        """Yield session key, member key, status, place in line (None with a place), and whether promoted (0 or 1)."""
        return self._rows(
            "rosters",
            """
            SELECT training_sessions.key, members.key, live.status,
                   CASE WHEN live.status = 'waitlisted' THEN live.place END,
                   CASE WHEN live.status = 'confirmed' AND live.promoted_at IS NOT NULL THEN 1 ELSE 0 END
              FROM (SELECT *, row_number() OVER (PARTITION BY training_session_id, status ORDER BY position) AS place
                      FROM bookings WHERE status <> 'cancelled') AS live
              JOIN training_sessions ON training_sessions.id = live.training_session_id
              JOIN members ON members.id = live.member_id
             WHERE training_sessions.key IS NOT NULL AND members.key IS NOT NULL
             ORDER BY training_sessions.key COLLATE "C", live.status, live.place
            """,
        )

    def passes(self) -> Iterator[tuple[object, ...]]:
        """Yield pass key, member key, and sessions left (None for an unlimited pass)."""
        return self._rows(
            "passes",
            """
            SELECT passes.key, members.key, sessions_left
              FROM passes JOIN members ON members.id = passes.member_id
             WHERE passes.key IS NOT NULL AND members.key IS NOT NULL
             ORDER BY passes.key COLLATE "C"
            """,
        )

    def _rows(self, name: str, query: LiteralString) -> Iterator[tuple[object, ...]]:
        with self._db.cursor(name) as cursor:
            cursor.itersize = CHUNK
            yield from cursor.execute(query)


@contextmanager
def exporting(db: Db) -> Iterator[Export]:
    """Open an export; everything read through it comes from one snapshot, however long the reading takes."""
    with snapshot(db):
        yield Export(db)


def bookings_named_by(db: Db, wanted: Collection[tuple[MemberId, str]]) -> dict[tuple[MemberId, str], BookingId]:
    """Return which booking each cancellation speaks of that was accepted from this member under this key."""
    pairs = list(wanted)
    rows = db.execute(
        """
        SELECT actor_id, idempotency_key, (payload ->> 'booking_id')::uuid
          FROM unnest(%s::uuid[], %s::text[]) AS wanted (actor_id, idempotency_key)
          JOIN commands USING (actor_id, idempotency_key)
         WHERE kind = 'cancel_booking'
        """,
        ([member for member, _ in pairs], [key for _, key in pairs]),
    )
    return {(member, key): id_ for member, key, id_ in rows}
