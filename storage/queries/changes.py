"""What has changed, for those who wait and watch: present states, so that reading one twice does no harm.

A transaction may commit some time after the instant it wrote down, so whoever asks "since" asks from a little
earlier than the last answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import MemberId, TrainingSessionId
from storage.database import Db
from storage.queries.notifications import UNREAD_COUNTED_MAX


@dataclass(frozen=True, slots=True)
class CommandChange:
    """A settled command of this actor; `reasons` are the codes of a refusal."""

    id: UUID
    training_session_id: UUID
    actor_id: UUID | None
    kind: str
    status: str
    position: int
    reasons: list[str]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class BookingChange:
    """A booking of this member as it stands; `skipped` are the codes of why the waiter was passed over."""

    id: UUID
    training_session_id: UUID
    member_id: UUID
    status: str
    skipped: list[str]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeChange:
    """A notice to this member, written lately; `read_at` is None while it is unread."""

    id: int
    member_id: UUID
    kind: str
    booking_id: UUID | None
    pass_id: UUID | None
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """How many of this member's notices are unread, counted up to `UNREAD_COUNTED_MAX`."""

    member_id: UUID
    unread: int


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session's counts as they stand; `waitlisted` includes skipped waiters."""

    id: UUID
    status: str
    starts_at: datetime
    capacity: int
    booked: int
    waitlisted: int
    position: int


def database_now(db: Db) -> datetime:
    """Return the database's clock, the one by which changes are dated."""
    row = db.execute("SELECT clock_timestamp()").fetchone()
    if row is None:
        raise LookupError("the database did not tell its time")
    now: datetime = row[0]
    return now


def settled_among(db: Db, command_ids: Collection[UUID]) -> list[UUID]:
    """Return which of these commands have their outcome, in one query whatever their number."""
    rows = db.execute("SELECT id FROM commands WHERE id = ANY(%s) AND status <> 'waiting'", (list(command_ids),))
    return [row[0] for row in rows]


def commands_settled_since(
    db: Db, member_ids: Collection[MemberId], since: datetime, *, limit: int
) -> list[CommandChange]:
    """Return these members' own commands settled since, the newest `limit` of each member, oldest first."""
    rows = db.execute(
        """
        SELECT settled.id, settled.training_session_id, settled.actor_id, settled.kind, settled.status,
               settled.position, settled.reasons, settled.applied_at
          FROM unnest(%(members)s::uuid[]) AS actor (id)
         CROSS JOIN LATERAL (
               SELECT id, training_session_id, actor_id, kind, status, position, applied_at,
                      coalesce(outcome -> 'reasons', '[]') AS reasons
                 FROM commands
                WHERE commands.actor_id = actor.id AND applied_at > %(since)s
                ORDER BY applied_at DESC LIMIT %(limit)s) AS settled
         ORDER BY settled.applied_at
        """,
        {"members": list(member_ids), "since": since, "limit": limit},
    )
    return [CommandChange(*row) for row in rows]


def bookings_changed_since(db: Db, member_ids: Collection[MemberId], since: datetime) -> list[BookingChange]:
    """Return these members' bookings changed since, of sessions that have not started, oldest change first."""
    rows = db.execute(
        """
        SELECT id, training_session_id, member_id, status, coalesce(skipped, '{}'), changed_at
          FROM bookings
         WHERE member_id = ANY(%s) AND starts_at > statement_timestamp() AND changed_at > %s
         ORDER BY changed_at
        """,
        (list(member_ids), since),
    )
    return [BookingChange(*row) for row in rows]


def notices_written_since(
    db: Db, member_ids: Collection[MemberId], since: datetime, *, limit: int
) -> list[NoticeChange]:
    """Return these members' notices written since, looking at the newest `limit` of each member; oldest first."""
    rows = db.execute(
        """
        SELECT newest.id, newest.member_id, newest.kind, newest.booking_id, newest.pass_id, newest.created_at,
               newest.read_at
          FROM unnest(%(members)s::uuid[]) AS member (id)
         CROSS JOIN LATERAL (
               SELECT * FROM notices WHERE notices.member_id = member.id AND password_link_id IS NULL
                ORDER BY id DESC LIMIT %(limit)s) AS newest
         WHERE newest.created_at > %(since)s
         ORDER BY newest.id
        """,
        {"members": list(member_ids), "since": since, "limit": limit},
    )
    return [NoticeChange(*row) for row in rows]


def inboxes(db: Db, member_ids: Collection[MemberId]) -> list[Inbox]:
    """Return how much is unread in each of these members' inboxes."""
    rows = db.execute(
        """
        SELECT member.id, unread.count
          FROM unnest(%s::uuid[]) AS member (id)
         CROSS JOIN LATERAL (
               SELECT count(*)
                 FROM (SELECT FROM notices WHERE member_id = member.id AND read_at IS NULL LIMIT %s) AS counted
               ) AS unread
        """,
        (list(member_ids), UNREAD_COUNTED_MAX),
    )
    return [Inbox(*row) for row in rows]


def session_states(db: Db, training_session_ids: Sequence[TrainingSessionId]) -> list[SessionState]:
    """Return the present state of each of these sessions that exists."""
    rows = db.execute(
        """
        SELECT id, CASE WHEN cancelled THEN 'cancelled' ELSE 'scheduled' END, starts_at, capacity, booked,
               waiting + skipped, position
          FROM training_sessions WHERE id = ANY(%s)
        """,
        (list(training_session_ids),),
    )
    return [SessionState(*row) for row in rows]
