"""Live a session's journal again, by the same rules: pure, nothing here reads a database or a clock.

Start a `Replay` with the facts the session opened with and take its entries in order. Whatever an entry says that
the rules, the order or the chain of receipts do not bear out comes back as a `Difference`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.commands import AcceptedCommand, Actor
from domain.decide import decide
from domain.events import BookingCancelled, Charge
from domain.facts import Facts, TrainingSession
from domain.ids import TrainingSessionId
from domain.journal import (
    entry_of,
    looked_at_passes,
    plain_outcome,
    receipt,
    witness,
    witnessed_passes,
    witnessed_taken,
    witnessed_upcoming,
)
from domain.notices import Notice, notices_for
from domain.outcomes import Applied, CommandStatus, Failed, Outcome
from domain.recorder import record
from storage.command_codec import decode_command
from storage.journal import Entry, LedgerRow


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the rules make it; `position` is the command's, or None for the session as a whole."""

    training_session_id: TrainingSessionId | None
    position: int | None
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one entry must have brought: who must hear what, which ledger lines, and what does not fit."""

    entry: Entry
    notices: tuple[Notice, ...]
    ledger: tuple[LedgerRow, ...]
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class Replay:
    """A session on the way through its journal: `receipt` and `found` are those of the last entry taken.

    Each entry's receipt is checked against the stored one before it, so that a forged entry is named itself and does
    not put every later one under suspicion.
    """

    opening: TrainingSession
    receipt: str
    facts: Facts = field(init=False)
    _latest_accepted: datetime | None = None
    _last: Entry | None = None
    found: list[Difference] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = Facts(self.opening, position=0, booked=0, waiting=0, skipped=0, roster_known=True)

    def take(self, entry: Entry) -> Step:
        """Decide the entry's command again, carry it into the facts and compare.

        Raises whatever the rules raise on an entry that cannot have happened: the replay cannot go on after that.
        """
        self.found = []
        self._check_order(entry)
        self._check_receipt(entry)
        self.facts.position = entry.position - 1
        accepted, outcome, seen = self._decide(entry)
        self._expect("outcome", entry, plain_outcome(outcome), entry.outcome)
        self._expect("status", entry, plain_outcome(outcome)["status"], entry.status)
        self._expect("witness", entry, seen, entry.witness)
        notices: tuple[Notice, ...] = ()
        if accepted is None:
            self.facts.position += 1
        else:
            record(self.facts, accepted, outcome)
            notices = notices_for(self.facts, accepted, outcome)
        self._last = entry
        return Step(entry, notices, tuple(_ledger_of(entry, outcome)), tuple(self.found))

    def _decide(self, entry: Entry) -> tuple[AcceptedCommand | None, Outcome, dict[str, object]]:
        """Return the command (None if a fault ended it), the outcome the rules ask for, and what it looks at."""
        if entry.status == CommandStatus.FAILED:
            # A fault lies outside the rules. What it must not do is leave a trace, and the roster would show one.
            return None, Failed(str(entry.outcome.get("error"))), entry.witness
        for pass_id in looked_at_passes(entry.witness):
            self.facts.passes.pop(pass_id, None)
        self.facts.taken = witnessed_taken(entry.witness)
        self.facts.passes.update(witnessed_passes(entry.witness))
        upcoming = witnessed_upcoming(entry.witness)
        self.facts.upcoming = {} if upcoming is None or entry.actor_id is None else {entry.actor_id: upcoming}
        accepted = AcceptedCommand(
            id=entry.id,
            seq=entry.seq,
            training_session_id=self.opening.id,
            actor=Actor(entry.actor_id, entry.actor_is_staff),
            accepted_at=entry.accepted_at,
            command=decode_command(entry.kind, entry.payload),
        )
        outcome = decide(self.facts, accepted)
        return accepted, outcome, witness(self.facts, accepted, outcome)

    def _check_order(self, entry: Entry) -> None:
        last = self._last
        self._expect("position", entry, 1 if last is None else last.position + 1, entry.position)
        if self._latest_accepted is not None and entry.applied_at < self._latest_accepted:
            expected = f"nothing accepted after {entry.applied_at} stands before it"
            self._differs("real-time order", entry, expected, f"a command accepted at {self._latest_accepted} does")
        if last is not None and last.applied_at == entry.applied_at and entry.seq < last.seq:
            self._differs("order in its batch", entry, f"a seq above {last.seq}", str(entry.seq))
        self._latest_accepted = max(self._latest_accepted or entry.accepted_at, entry.accepted_at)

    def _check_receipt(self, entry: Entry) -> None:
        said = entry_of(
            command_id=entry.id,
            position=entry.position,
            actor=str(entry.actor_id or "seatline"),
            kind=entry.kind,
            payload=entry.payload,
            accepted_at=entry.accepted_at,
            outcome=entry.outcome,
            seen=entry.witness,
        )
        self._expect("receipt", entry, receipt(self.receipt, said), entry.receipt)
        self.receipt = entry.receipt

    def _expect(self, what: str, entry: Entry, expected: object, found: object) -> None:
        if expected != found:
            self._differs(what, entry, str(expected), str(found))

    def _differs(self, what: str, entry: Entry, expected: str, found: str) -> None:
        self.found.append(Difference(self.opening.id, entry.position, what, expected, found))


def _ledger_of(entry: Entry, outcome: Outcome) -> Iterable[LedgerRow]:
    if not isinstance(outcome, Applied):
        return
    for event in outcome.events:
        if isinstance(event, Charge):
            yield LedgerRow(event.booking_id, event.pass_id, entry.id, -1)
        elif isinstance(event, BookingCancelled) and event.refunded:
            yield LedgerRow(event.booking_id, event.pass_id, entry.id, 1)
