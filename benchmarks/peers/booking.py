"""One command, one transaction: the peers' storage, written with SQLAlchemy's ORM around the same rules.

The rules decide over facts of this one command: its session's row, the member's live booking, the pass, and for a
cancellation the head of the line. All three peers call `settle`; they differ in who calls it, and under which lock.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.peers.tables import BookingRow, CommandRow, LedgerRow, PassRow, SessionRow
from domain.commands import AcceptedCommand, Actor, BookSeat, CancelBooking, ReconsiderWaitlist
from domain.decide import decide
from domain.events import (
    BookingCancelled,
    Event,
    SeatBooked,
    WaiterPromoted,
    WaiterReturned,
    WaiterSkipped,
    WaitlistJoined,
    WaitlistLeft,
)
from domain.facts import Booking, BookingStatus, Facts, LineContinues, Pass, TrainingSession
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
from domain.journal import plain_outcome
from domain.outcomes import Applied, Outcome
from domain.refusals import RefusalReason

HOUR = timedelta(hours=1)


def settle(db: Session, command: CommandRow) -> list[CommandRow]:
    """Decide the command and write its outcome; the caller commits, and settles what is returned afterwards.

    Locks the session's row first and passes after it. A command that has its outcome already is left as it is, so
    settling twice is the same as once.
    """
    # FOR NO KEY UPDATE, because accepting inserts rows that refer to the session and need not wait.
    row = db.get_one(
        SessionRow, command.training_session_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if command.status != "waiting":
        return []
    step = _Step(db, row, command)
    outcome = step.decide()
    row.position += 1
    command.position = row.position
    command.outcome = plain_outcome(outcome)
    command.status = command.outcome["status"]
    command.applied_at = datetime.now(UTC)
    for event in outcome.events if isinstance(outcome, Applied) else ():
        step.write(event)
    return _reconsiderations(db, [one.pass_id for one in getattr(outcome, "events", ()) if _refunds(one)])


class _Step:
    """One command under its session's lock: the rows it loaded, by id, and the facts made of them."""

    def __init__(self, db: Session, row: SessionRow, command: CommandRow) -> None:
        self._db = db
        self._row = row
        self._command = command
        self._bookings: dict[UUID, BookingRow] = {}
        self._passes: dict[UUID, PassRow] = {}
        self.facts = Facts(_training_session(row), row.position, row.booked, row.waiting, row.skipped)
        self.facts.line_known_to = 0 if row.waiting else None

    def decide(self) -> Outcome:
        """Load what the command asks about, and more of the line as long as the decision reaches beyond it."""
        accepted = _accepted(self._command)
        live = (BookingRow.training_session_id == self._row.id, BookingRow.status != "cancelled")
        match accepted.command:
            case BookSeat(pass_id):
                self._load(sa.select(BookingRow).where(*live, BookingRow.member_id == self._command.actor_id))
                self._lock_passes([pass_id])
            case CancelBooking(booking_id):
                self._load(sa.select(BookingRow).where(live[0], BookingRow.id == booking_id))
                self._lock_passes([row.pass_id for row in self._bookings.values()])
            case ReconsiderWaitlist(pass_id):
                self._load(sa.select(BookingRow).where(*live, BookingRow.pass_id == pass_id))
                self._lock_passes([pass_id])
            case _:
                pass  # `_accepted` makes no other
        while True:
            try:
                return decide(self.facts, accepted)
            except LineContinues:
                self._more_of_the_line()

    def write(self, event: Event) -> None:
        """Make one event true in the rows."""
        row, command = self._row, self._command
        match event:
            case SeatBooked():
                self._add_booking(event, "confirmed")
                row.booked += 1
                self._charge(event.pass_id, event.booking_id, -1)
            case WaitlistJoined():
                self._add_booking(event, "waitlisted")
                row.waiting += 1
            case BookingCancelled():
                self._end(event.booking_id)
                row.booked -= 1
                self._charge(event.pass_id, event.booking_id, +1)
            case WaitlistLeft():
                self._end(event.booking_id)
                row.waiting -= not event.was_skipped
                row.skipped -= event.was_skipped
            case WaiterPromoted():
                booking = self._bookings[event.booking_id]
                booking.status, booking.promoted_at = "confirmed", command.accepted_at
                row.booked, row.waiting = row.booked + 1, row.waiting - 1
                self._charge(event.pass_id, event.booking_id, -1)
            case WaiterSkipped():
                self._bookings[event.booking_id].skipped = [str(reason) for reason in event.reasons]
                row.waiting, row.skipped = row.waiting - 1, row.skipped + 1
            case WaiterReturned():
                self._bookings[event.booking_id].skipped = None
                row.waiting, row.skipped = row.waiting + 1, row.skipped - 1
            case _:
                pass  # staff's commands alone come to others

    def _load(self, query: sa.Select[BookingRow]) -> list[BookingRow]:
        rows = list(self._db.scalars(query))
        for row in rows:
            self._bookings[row.id] = row
            self.facts.add_booking(_booking(row))
        return rows

    def _more_of_the_line(self) -> None:
        query = sa.select(BookingRow).where(
            BookingRow.training_session_id == self._row.id,
            BookingRow.status == "waitlisted",
            BookingRow.skipped.is_(None),
            BookingRow.position > (self.facts.line_known_to or 0),
        )
        rows = self._load(query.order_by(BookingRow.position).limit(1))
        self.facts.line_known_to = rows[0].position if rows else None
        self._lock_passes([row.pass_id for row in rows])

    def _lock_passes(self, ids: Sequence[UUID]) -> None:
        query = sa.select(PassRow).where(PassRow.id.in_(ids)).order_by(PassRow.id).with_for_update(key_share=True)
        for row in self._db.scalars(query) if ids else ():
            self._passes[row.id] = row
            id_ = PassId(row.id)
            self.facts.passes[id_] = Pass(
                id_,
                MemberId(row.member_id),
                active=True,
                sessions_left=row.sessions_left,
                expires_at=None,
                trainings=None,
            )

    def _add_booking(self, event: SeatBooked | WaitlistJoined, status: str) -> None:
        self._db.add(
            BookingRow(
                id=event.booking_id,
                training_session_id=self._row.id,
                member_id=event.member_id,
                pass_id=event.pass_id,
                status=status,
                position=self._row.position,
                booked_at=self._command.accepted_at,
            )
        )

    def _end(self, booking_id: UUID) -> None:
        booking = self._bookings[booking_id]
        booking.status, booking.cancelled_at, booking.skipped = "cancelled", self._command.accepted_at, None

    def _charge(self, pass_id: UUID, booking_id: UUID, change: int) -> None:
        self._passes[pass_id].sessions_left += change
        self._db.add(LedgerRow(pass_id=pass_id, booking_id=booking_id, command_id=self._command.id, change=change))


def _reconsiderations(db: Session, refunded: list[PassId]) -> list[CommandRow]:
    """Ask to look again at who was skipped because of a pass that has just been refunded."""
    if not refunded:
        return []
    query = sa.select(BookingRow).where(BookingRow.pass_id.in_(refunded), BookingRow.skipped.is_not(None))
    new = [
        CommandRow(
            id=uuid4(),
            training_session_id=skipped.training_session_id,
            kind="reconsider_waitlist",
            payload={"pass_id": str(skipped.pass_id)},
        )
        for skipped in db.scalars(query)
    ]
    db.add_all(new)
    return new


def _refunds(event: Event) -> bool:
    return isinstance(event, BookingCancelled) and event.refunded


def _accepted(command: CommandRow) -> AcceptedCommand:
    asked: BookSeat | CancelBooking | ReconsiderWaitlist
    payload: dict[str, Any] = command.payload
    if command.kind == "book_seat":
        asked = BookSeat(PassId(UUID(payload["pass_id"])))
    elif command.kind == "cancel_booking":
        asked = CancelBooking(BookingId(UUID(payload["booking_id"])))
    else:
        asked = ReconsiderWaitlist(PassId(UUID(payload["pass_id"])))
    return AcceptedCommand(
        CommandId(command.id),
        0,
        TrainingSessionId(command.training_session_id),
        Actor(MemberId(command.actor_id) if command.actor_id else None),
        command.accepted_at,
        asked,
    )


def _training_session(row: SessionRow) -> TrainingSession:
    return TrainingSession(
        TrainingSessionId(row.id),
        TrainingId(row.training_id),
        TrainerId(row.trainer_id),
        SpaceId(row.space_id),
        starts_at=row.starts_at,
        lasts_minutes=row.lasts_minutes,
        capacity=row.capacity,
        booking_deadline=HOUR,
        cancellation_deadline=12 * HOUR,
        promotion_deadline=12 * HOUR,
        promotion_grace=HOUR / 2,
    )


def _booking(row: BookingRow) -> Booking:
    known = Booking(
        BookingId(row.id),
        MemberId(row.member_id),
        PassId(row.pass_id),
        BookingStatus(row.status),
        row.position,
        row.booked_at,
        row.promoted_at,
        row.cancelled_at,
    )
    return replace(known, skipped=tuple(RefusalReason(one) for one in row.skipped)) if row.skipped else known
