"""Write what became of a batch: a fixed number of statements, whatever the batch's size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from domain.events import BookingCancelled, SeatBooked, WaiterPromoted
from domain.facts import Booking, Pass
from domain.ids import PassId
from domain.journal import canonical
from domain.notices import Notice
from domain.outcomes import Applied, Outcome
from storage.command_log import WaitingCommand
from storage.database import Db
from storage.facts import BatchFacts

CHANNEL = "console"  # the one channel there is so far; each notice is one delivery on it


@dataclass(frozen=True, slots=True)
class Settled:
    """A command with its outcome, ready to be written: plain forms, position and receipt as the journal keeps them."""

    command: WaitingCommand
    position: int
    outcome: Outcome
    plain_outcome: dict[str, Any]
    witness: dict[str, Any]
    receipt: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a written batch leaves to be done: `applied_at` by the database's clock, and the refunded passes."""

    applied_at: datetime
    refunded: list[PassId]


def write_batch(db: Db, loaded: BatchFacts, settled: Sequence[Settled]) -> Written:
    """Write outcomes, session, bookings, passes, ledger and deliveries of one batch (never empty).

    Runs inside the batch's transaction. A broken rule surfaces as the violation of a named constraint and rolls the
    whole batch back.
    """
    with db.pipeline():
        outcomes = _write_outcomes(db, settled)
        _write_session(db, loaded, settled)
        _write_bookings(db, loaded)
        _write_passes(db, loaded)
        refunded = _write_ledger(db, settled)
        _write_deliveries(db, settled)
    applied_at = outcomes.fetchone()
    if applied_at is None:
        raise LookupError(f"command {settled[0].command.id} has vanished from the log under its session's lock")
    return Written(applied_at[0], refunded)


def _write_outcomes(db: Db, settled: Sequence[Settled]) -> Cursor[TupleRow]:
    return db.execute(
        """
        UPDATE commands AS command
           SET status = done.outcome ->> 'status', position = done.position, outcome = done.outcome,
               witness = done.witness, receipt = done.receipt, applied_at = statement_timestamp()
          FROM unnest(%s::uuid[], %s::bigint[], %s::jsonb[], %s::jsonb[], %s::text[])
               AS done (id, position, outcome, witness, receipt)
         WHERE command.id = done.id
        RETURNING command.applied_at
        """,
        (
            [one.command.id for one in settled],
            [one.position for one in settled],
            [canonical(one.plain_outcome).decode() for one in settled],
            [canonical(one.witness).decode() for one in settled],
            [one.receipt for one in settled],
        ),
    )


def _write_session(db: Db, loaded: BatchFacts, settled: Sequence[Settled]) -> None:
    facts = loaded.facts
    training_session = facts.training_session
    db.execute(
        """
        UPDATE training_sessions
           SET position = %(position)s, receipt = %(receipt)s, attempts = 0, attempted_command_id = NULL,
               careful_left = greatest(careful_left - %(settled)s, 0),
               trainer_id = %(trainer_id)s, space_id = %(space_id)s, starts_at = %(starts_at)s,
               lasts_minutes = %(lasts_minutes)s, capacity = %(capacity)s, cancelled = %(cancelled)s,
               free_cancelling_until = %(free_cancelling_until)s,
               -- A command that changes the capacity is alone in its batch, so `booked` is what it found.
               seats_kept = CASE WHEN %(capacity)s < booked THEN booked ELSE seats_kept END
         WHERE id = %(id)s
        """,
        {
            "id": training_session.id,
            "position": facts.position,
            "receipt": settled[-1].receipt,
            "settled": len(settled),
            "trainer_id": training_session.trainer_id,
            "space_id": training_session.space_id,
            "starts_at": training_session.starts_at,
            "lasts_minutes": training_session.lasts_minutes,
            "capacity": training_session.capacity,
            "cancelled": training_session.cancelled,
            "free_cancelling_until": training_session.free_cancelling_until,
        },
    )
    if loaded.starts_at_was != training_session.starts_at:
        db.execute(
            "UPDATE bookings SET starts_at = %s WHERE training_session_id = %s",
            (training_session.starts_at, training_session.id),
        )


def _write_bookings(db: Db, loaded: BatchFacts) -> None:
    """Change bookings before adding new ones, so that a member who cancels and books again meets no constraint."""
    before = loaded.loaded_bookings
    changed = [booking for id_, booking in loaded.facts.bookings.items() if before.get(id_) is not booking]
    old = [booking for booking in changed if booking.id in before]
    new = [booking for booking in changed if booking.id not in before]
    if old:
        db.execute(
            """
            UPDATE bookings AS booking
               SET status = now.status, promoted_at = now.promoted_at, cancelled_at = now.cancelled_at,
                   skipped = string_to_array(now.skipped, ' '), changed_at = statement_timestamp()
              FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[])
                   AS now (id, status, promoted_at, cancelled_at, skipped)
             WHERE booking.id = now.id
            """,
            ([booking.id for booking in old], *_columns_that_change(old)),
        )
    if new:
        training_session = loaded.facts.training_session
        db.execute(
            """
            INSERT INTO bookings (id, training_session_id, member_id, pass_id, position, booked_at, starts_at,
                                  status, promoted_at, cancelled_at, skipped, changed_at)
            SELECT id, %s, member_id, pass_id, position, booked_at, %s,
                   status, promoted_at, cancelled_at, string_to_array(skipped, ' '), statement_timestamp()
              FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[],
                          %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[])
                   AS new (id, member_id, pass_id, position, booked_at, status, promoted_at, cancelled_at, skipped)
            """,
            (
                training_session.id,
                training_session.starts_at,
                [booking.id for booking in new],
                [booking.member_id for booking in new],
                [booking.pass_id for booking in new],
                [booking.position for booking in new],
                [booking.booked_at for booking in new],
                *_columns_that_change(new),
            ),
        )


def _columns_that_change(bookings: Sequence[Booking]) -> tuple[list[object], ...]:
    """Return status, promoted_at, cancelled_at and why skipped (as text: unnest takes no ragged arrays)."""
    return (
        [str(booking.status) for booking in bookings],
        [booking.promoted_at for booking in bookings],
        [booking.cancelled_at for booking in bookings],
        [" ".join(booking.skipped) or None for booking in bookings],
    )


def _write_passes(db: Db, loaded: BatchFacts) -> None:
    before = loaded.loaded_passes
    changed: list[Pass] = [pass_ for id_, pass_ in loaded.facts.passes.items() if before[id_] is not pass_]
    if changed:
        db.execute(
            """
            UPDATE passes AS pass SET sessions_left = now.sessions_left
              FROM unnest(%s::uuid[], %s::int[]) AS now (id, sessions_left)
             WHERE pass.id = now.id
            """,
            ([pass_.id for pass_ in changed], [pass_.sessions_left for pass_ in changed]),
        )


def _write_ledger(db: Db, settled: Iterable[Settled]) -> list[PassId]:
    """Write a line for each charge and refund, in the order they happened; return the passes that were refunded."""
    lines = [
        (event, one.command.id)
        for one in settled
        if isinstance(one.outcome, Applied)
        for event in one.outcome.events
        if isinstance(event, SeatBooked | WaiterPromoted | BookingCancelled)
    ]
    if lines:
        db.execute(
            """
            INSERT INTO pass_ledger (pass_id, booking_id, command_id, change, written_at)
            SELECT pass_id, booking_id, command_id, change, statement_timestamp()
              FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::smallint[]) WITH ORDINALITY
                   AS line (pass_id, booking_id, command_id, change, number)
             ORDER BY number
            """,
            (
                [event.pass_id for event, _ in lines],
                [event.booking_id for event, _ in lines],
                [command_id for _, command_id in lines],
                [1 if isinstance(event, BookingCancelled) else -1 for event, _ in lines],
            ),
        )
    return [event.pass_id for event, _ in lines if isinstance(event, BookingCancelled)]


def _write_deliveries(db: Db, settled: Iterable[Settled]) -> None:
    notices = [(one.command.id, notice) for one in settled for notice in one.notices]
    if not notices:
        return
    db.execute(
        """
        INSERT INTO deliveries (command_id, member_id, booking_id, kind, channel, address, details, due_at, created_at)
        SELECT command_id, members.id, booking_id, kind, %s, members.email, details,
               statement_timestamp(), statement_timestamp()
          FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::jsonb[]) WITH ORDINALITY
               AS notice (command_id, member_id, booking_id, kind, details, number)
          JOIN members ON members.id = notice.member_id
         ORDER BY notice.number
        """,
        (
            CHANNEL,
            [command_id for command_id, _ in notices],
            [notice.member_id for _, notice in notices],
            [notice.booking_id for _, notice in notices],
            [str(notice.kind) for _, notice in notices],
            [Jsonb(notice.details) for _, notice in notices],
        ),
    )
