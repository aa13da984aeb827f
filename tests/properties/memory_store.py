"""What the database does for the domain, in memory: batches start from facts loaded in part, and load more when asked.

The loading is the one a worker does: the session with its counts, the bookings and passes the batch names, the head of
the line in chunks, the whole roster only where a command concerns everybody.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from domain.commands import (
    AcceptedCommand,
    AcceptOffer,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    ExpireOffers,
    ReconsiderWaitlist,
)
from domain.decide import decide
from domain.facts import Booking, BookingStatus, Facts, LineContinues, Pass, RosterNeeded, TrainingSession
from domain.ids import BookingId, MemberId, PassId
from domain.journal import entry_of, first_receipt, plain_outcome, receipt, witness, witnessed_passes
from domain.notices import Notice, notices_for
from domain.outcomes import Outcome
from domain.recorder import record


@dataclass
class SessionRow:
    """One session between two batches, with its bookings and its journal."""

    training_session: TrainingSession
    opening: TrainingSession
    position: int = 0
    booked: int = 0
    waiting: int = 0
    skipped: int = 0
    bookings: dict[BookingId, Booking] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    notices: list[tuple[Notice, ...]] = field(default_factory=list)

    def live(self) -> list[Booking]:
        return sorted((each for each in self.bookings.values() if each.is_live), key=lambda each: each.position)


class MemoryStore:
    """Sessions and passes between two batches; `serve` applies one batch."""

    def __init__(self, sessions: Iterable[TrainingSession], passes: Iterable[Pass]) -> None:
        self.sessions = {session.id: SessionRow(session, session) for session in sessions}
        self.passes = {pass_.id: pass_ for pass_ in passes}
        self.waiters_read = 0

    def serve(self, batch: Sequence[AcceptedCommand], *, chunk: int) -> None:
        """Apply a batch of one session from facts loaded in part, `chunk` people of the line at a time."""
        row = self.sessions[batch[0].training_session_id]
        facts = self._load(row, batch)
        for accepted in batch:
            while True:
                try:
                    outcome = decide(facts, accepted)
                    break
                except LineContinues:
                    self._load_line(row, facts, chunk)
                except RosterNeeded:
                    self._load_roster(row, facts)
            self._note(row, facts, accepted, outcome)
        self._save(row, facts)

    def serve_knowing_everything(self, accepted: AcceptedCommand) -> None:
        """Apply one command as a batch of its own, from complete facts."""
        row = self.sessions[accepted.training_session_id]
        facts = self._load(row, [])
        self._make_known(facts, row.bookings.values())
        facts.passes = dict(self.passes)
        facts.line_known_to = None
        facts.roster_known = True
        self._note(row, facts, accepted, decide(facts, accepted))
        self._save(row, facts)

    def _load(self, row: SessionRow, batch: Sequence[AcceptedCommand]) -> Facts:
        facts = Facts(row.training_session, row.position, row.booked, row.waiting, row.skipped, line_known_to=0)
        bookings, passes, members = named_by(batch, self.passes)
        expires = any(isinstance(accepted.command, ExpireOffers) for accepted in batch)
        for booking in row.live():
            if booking.member_id in members or (expires and booking.status is BookingStatus.OFFERED):
                bookings.add(booking.id)
        for booking_id in bookings & set(row.bookings):
            booking = row.bookings[booking_id]
            facts.add_booking(booking)
            passes.add(booking.pass_id)
        facts.passes = {id_: self.passes[id_] for id_ in passes & set(self.passes)}
        return facts

    def _load_line(self, row: SessionRow, facts: Facts, chunk: int) -> None:
        known_to = facts.line_known_to or 0
        more = [booking for booking in row.live() if booking.waits and booking.position > known_to][:chunk]
        self.waiters_read += len(more)
        self._make_known(facts, more)
        facts.line_known_to = more[-1].position if len(more) == chunk else None

    def _load_roster(self, row: SessionRow, facts: Facts) -> None:
        self._make_known(facts, row.live())
        facts.line_known_to = None
        facts.roster_known = True

    def _make_known(self, facts: Facts, bookings: Iterable[Booking]) -> None:
        for booking in bookings:
            facts.add_booking(booking)
            facts.passes.setdefault(booking.pass_id, self.passes[booking.pass_id])

    def _note(self, row: SessionRow, facts: Facts, accepted: AcceptedCommand, outcome: Outcome) -> None:
        seen = witness(facts, accepted, outcome)
        record(facts, accepted, outcome)
        entry = journal_entry(facts, accepted, outcome, seen)
        row.receipts.append(receipt(row.receipts[-1] if row.receipts else opening_receipt(row.opening), entry))
        row.journal.append(json.dumps(entry))
        row.notices.append(notices_for(facts, accepted, outcome))

    def _save(self, row: SessionRow, facts: Facts) -> None:
        row.training_session, row.position = facts.training_session, facts.position
        row.booked, row.waiting, row.skipped = facts.booked, facts.waiting, facts.skipped
        row.bookings |= facts.bookings
        self.passes |= facts.passes


def named_by(
    batch: Sequence[AcceptedCommand], passes: dict[PassId, Pass]
) -> tuple[set[BookingId], set[PassId], set[MemberId]]:
    """Return the bookings and passes the commands name, and the members whose live booking they look at."""
    bookings: set[BookingId] = set()
    named: set[PassId] = set()
    members: set[MemberId] = set()
    for accepted in batch:
        match accepted.command:
            case BookSeat(pass_id):
                named.add(pass_id)
                members |= {accepted.actor.member_id} - {None}  # type: ignore[arg-type]
            case BookForMember(member_id, pass_id):
                named.add(pass_id)
                members.add(member_id)
            case CancelBooking(booking_id) | CancelForMember(booking_id) | AcceptOffer(booking_id):
                bookings.add(booking_id)
            case ReconsiderWaitlist(pass_id):
                named.add(pass_id)
                members |= {passes[pass_id].member_id} if pass_id in passes else set()
            case _:
                pass
    return bookings, named, members


def journal_entry(facts: Facts, accepted: AcceptedCommand, outcome: Outcome, seen: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of the command just recorded."""
    return entry_of(
        command_id=accepted.id,
        position=facts.position,
        actor=str(accepted.actor.member_id),
        kind=type(accepted.command).__name__,
        payload={name: str(value) for name, value in asdict(accepted.command).items()},
        accepted_at=accepted.accepted_at,
        outcome=plain_outcome(outcome),
        seen=seen,
    )


def opening_receipt(opening: TrainingSession) -> str:
    """Return the receipt before the first command."""
    return first_receipt({name: str(value) for name, value in asdict(opening).items()})


def replayed(row: SessionRow, commands: Iterable[AcceptedCommand]) -> SessionRow:
    """Return the session as it comes out of its opening and its journal's witnesses alone."""
    again = SessionRow(row.opening, row.opening)
    facts = Facts(row.opening, position=0, booked=0, waiting=0, skipped=0)
    facts.roster_known = True
    last = opening_receipt(row.opening)
    for accepted, text in zip(commands, row.journal, strict=True):
        facts.passes |= witnessed_passes(json.loads(text)["witness"])
        outcome = decide(facts, accepted)
        seen = witness(facts, accepted, outcome)
        record(facts, accepted, outcome)
        entry = journal_entry(facts, accepted, outcome, seen)
        last = receipt(last, entry)
        again.journal.append(json.dumps(entry))
        again.receipts.append(last)
        again.notices.append(notices_for(facts, accepted, outcome))
    again.training_session, again.position, again.bookings = facts.training_session, facts.position, facts.bookings
    again.booked, again.waiting, again.skipped = facts.booked, facts.waiting, facts.skipped
    return again
