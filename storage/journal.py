"""Reads for the audit: what a session opened with, its journal in order, and what the tables say came of it.

Each session is read inside one `snapshot`, so that an audit may run while commands are applied.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from psycopg import IsolationLevel
from psycopg.rows import class_row

from domain.facts import TrainingSession
from domain.ids import BookingId, CommandId, MemberId, PassId, TrainingSessionId
from domain.notices import NOT_OF_COMMANDS
from storage.database import Db
from storage.session_rows import training_session_from

CHUNK = 500  # journal entries in memory at once
PAGE = 500  # sessions read at once


@contextmanager
def snapshot(db: Db) -> Iterator[None]:
    """Read everything as it stood at one instant; nothing can be written meanwhile, and nobody waits for it."""
    db.isolation_level = IsolationLevel.REPEATABLE_READ
    db.read_only = True
    try:
        with db.transaction():
            yield
    finally:
        db.isolation_level = None
        db.read_only = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as its row says it is, with the facts it opened with, in their stored form."""

    training_session: TrainingSession
    key: str | None
    position: int
    receipt: str
    booked: int
    waiting: int
    skipped: int
    opening: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One settled command as the journal has it."""

    id: CommandId
    seq: int
    actor_id: MemberId | None
    actor_is_staff: bool
    kind: str
    payload: dict[str, Any]
    accepted_at: datetime
    status: str
    position: int
    outcome: dict[str, Any]
    witness: dict[str, Any]
    receipt: str
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking as its row says it is."""

    id: BookingId
    training_session_id: TrainingSessionId
    member_id: MemberId
    pass_id: PassId
    status: str
    position: int
    starts_at: datetime
    booked_at: datetime
    promoted_at: datetime | None
    cancelled_at: datetime | None
    skipped: list[str] | None
    offered_until: datetime | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One line of a pass's ledger."""

    booking_id: BookingId
    pass_id: PassId
    command_id: CommandId
    change: int


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice that a command caused: who must hear what."""

    command_id: CommandId
    booking_id: BookingId
    member_id: MemberId
    kind: str
    pass_id: PassId | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """What the tables say about some commands: bookings made, those bookings' ledger lines, notices caused."""

    bookings: Sequence[BookingRow]
    ledger: Sequence[LedgerRow]
    notices: Sequence[NoticeRow]


@dataclass(frozen=True, slots=True)
class Balance:
    """A pass whose balance is not what was granted and its ledger make it, or once was below zero."""

    pass_id: PassId
    key: str | None
    granted: int
    left: int
    changed: int
    lowest: int


def sessions_to_audit(db: Db) -> Iterator[tuple[TrainingSessionId, bool]]:
    """Yield every session's id in order, and whether any command was ever settled or waits in it."""
    last = UUID(int=0)
    while True:
        rows = db.execute(
            """
            SELECT id, position > 0 OR booked + waiting + skipped > 0
                       OR EXISTS (SELECT FROM commands WHERE training_session_id = training_sessions.id
                                     AND position IS NOT NULL)
                       OR EXISTS (SELECT FROM commands WHERE training_session_id = training_sessions.id
                                     AND status = 'waiting')
              FROM training_sessions WHERE id > %s ORDER BY id LIMIT %s
            """,
            (last, PAGE),
        ).fetchall()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def count_sessions(db: Db) -> int:
    """Return how many sessions there are."""
    row = db.execute("SELECT count(*) FROM training_sessions").fetchone()
    return row[0] if row else 0


def session_rows(db: Db, ids: Collection[TrainingSessionId]) -> dict[TrainingSessionId, SessionRow]:
    """Return the rows of these sessions."""
    rows = db.execute(
        """
        SELECT id, training_id, trainer_id, space_id, starts_at, lasts_minutes, capacity, booking_deadline_minutes,
               cancellation_deadline_minutes, promotion_deadline_minutes, promotion_grace_minutes, booking_opens_at,
               waitlist_limit, free_cancelling_until, cancelled, policies::text,
               key, position, receipt, booked, waiting, skipped, opening
          FROM training_sessions WHERE id = ANY(%s)
        """,
        (list(ids),),
    )
    return {row[0]: SessionRow(training_session_from(row[:16]), *row[16:]) for row in rows}


def entries(db: Db, training_session_id: TrainingSessionId) -> Iterator[list[Entry]]:
    """Yield the session's settled commands in order of position, in chunks; use it inside a `snapshot`."""
    with db.cursor("journal", row_factory=class_row(Entry)) as cursor:
        cursor.itersize = CHUNK
        cursor.execute(
            """
            SELECT id, seq, actor_id, actor_is_staff, kind, payload, accepted_at, status, position, outcome,
                   coalesce(witness, '{}') AS witness, receipt, applied_at
              FROM commands WHERE training_session_id = %s AND position IS NOT NULL
             ORDER BY position
            """,
            (training_session_id,),
        )
        rows = iter(cursor)
        while chunk := list(islice(rows, CHUNK)):
            yield chunk


def waiting_ids(db: Db, training_session_id: TrainingSessionId) -> list[CommandId]:
    """Return the session's commands that have no outcome yet, in order."""
    rows = db.execute(
        "SELECT id FROM commands WHERE training_session_id = %s AND status = 'waiting' ORDER BY seq",
        (training_session_id,),
    )
    return [CommandId(row[0]) for row in rows]


def written_by(db: Db, command_ids: Sequence[CommandId]) -> Written:
    """Return what the tables say about these commands, in three statements.

    A booking has the id of the command that made it, so one list of ids finds all three.
    """
    ids = (list(command_ids),)
    with db.cursor(row_factory=class_row(BookingRow)) as cursor:
        bookings = cursor.execute(
            """
            SELECT id, training_session_id, member_id, pass_id, status, position, starts_at, booked_at, promoted_at,
                   cancelled_at, skipped, offered_until
              FROM bookings WHERE id = ANY(%s)
            """,
            ids,
        ).fetchall()
    with db.cursor(row_factory=class_row(LedgerRow)) as cursor:
        ledger = cursor.execute(
            "SELECT booking_id, pass_id, command_id, change FROM pass_ledger WHERE booking_id = ANY(%s) ORDER BY id",
            ids,
        ).fetchall()
    with db.cursor(row_factory=class_row(NoticeRow)) as cursor:
        notices = cursor.execute(
            """
            SELECT cause AS command_id, booking_id, member_id, kind, pass_id, details
              FROM notices WHERE cause = ANY(%s) ORDER BY id
            """,
            ids,
        ).fetchall()
    return Written(bookings, ledger, notices)


def wrong_balances(db: Db, training_session_ids: Collection[TrainingSessionId] | None) -> list[Balance]:
    """Return the passes whose balance does not follow from their ledger, or that were below zero at some line.

    None looks at every pass; otherwise at those that bookings of these sessions are paid with.
    """
    sessions = None if training_session_ids is None else list(training_session_ids)
    with db.cursor(row_factory=class_row(Balance)) as cursor:
        return cursor.execute(
            """
            SELECT passes.id AS pass_id, passes.key, sessions_granted AS granted, sessions_left AS left,
                   lines.changed::int AS changed, (sessions_granted + lines.lowest)::int AS lowest
              FROM passes
              CROSS JOIN LATERAL (
                SELECT coalesce(sum(change), 0) AS changed, coalesce(min(running), 0) AS lowest
                  FROM (SELECT change, sum(change) OVER (ORDER BY id) AS running
                          FROM pass_ledger WHERE pass_id = passes.id) AS line) AS lines
             WHERE sessions_granted IS NOT NULL
               AND (sessions_left <> sessions_granted + lines.changed OR sessions_granted + lines.lowest < 0)
               AND (%(sessions)s::uuid[] IS NULL OR passes.id IN (
                    SELECT bookings.pass_id FROM commands JOIN bookings ON bookings.id = commands.id
                     WHERE commands.training_session_id = ANY(%(sessions)s) AND commands.position IS NOT NULL))
            """,
            {"sessions": sessions},
        ).fetchall()


def strays(db: Db) -> list[str]:
    """Return a sentence for each ledger line and notice that belongs to no booking or command at all."""
    rows = db.execute(
        """
        SELECT 'ledger line ' || line.id || ' belongs to no booking' FROM pass_ledger AS line
          LEFT JOIN bookings ON bookings.id = line.booking_id WHERE bookings.id IS NULL
        UNION ALL
        SELECT 'notice ' || notice.id || ' belongs to no command' FROM notices AS notice
          LEFT JOIN commands ON commands.id = notice.cause
         WHERE commands.id IS NULL AND NOT notice.kind = ANY(%s)
        """,
        ([str(kind) for kind in NOT_OF_COMMANDS],),
    )
    return [row[0] for row in rows]


def waiting_counts(
    db: Db, training_session_ids: Collection[TrainingSessionId], *, at_most: int
) -> dict[TrainingSessionId, int]:
    """Return how many commands wait in each of these sessions; no more than `at_most` are counted in one."""
    rows = db.execute(
        """
        SELECT wanted.id, (SELECT count(*) FROM (SELECT FROM commands
                             WHERE training_session_id = wanted.id AND status = 'waiting' LIMIT %s) AS counted)
          FROM unnest(%s::uuid[]) AS wanted (id)
        """,
        (at_most, list(training_session_ids)),
    )
    return {TrainingSessionId(id_): count for id_, count in rows}
