"""`seatline audit`: read each session's journal, live it again, and compare it with every table it left a trace in."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.ids import CommandId, TrainingSessionId
from domain.journal import first_receipt
from ops.audit import Difference, Replay, Step
from ops.audit_rows import (
    balance_difference,
    booking_differences,
    ledger_differences,
    notice_differences,
    session_differences,
    untouched,
)
from storage import journal
from storage.database import Db
from storage.journal import BookingRow, LedgerRow, SessionRow
from storage.opening import opened_as

DIFFERENCES_MAX = 1_000  # kept in full; beyond, they are only counted


@dataclass(slots=True)
class Verdict:
    """What an audit found: `outcomes` counts settled commands by status; the first differences, and how many."""

    sessions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    bookings: int = 0
    ledger_lines: int = 0
    notices: int = 0
    differences: list[Difference] = field(default_factory=list)
    difference_count: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing differs; commands that still wait are told beside it, but are no difference."""
        return self.difference_count == 0

    @property
    def commands(self) -> int:
        """How many settled commands were decided again."""
        return self.outcomes.total()

    def add(self, differences: Iterable[Difference]) -> None:
        """Note differences."""
        for difference in differences:
            self.difference_count += 1
            if len(self.differences) < DIFFERENCES_MAX:
                self.differences.append(difference)


def audit(
    db: Db,
    training_session_ids: Collection[TrainingSessionId] | None = None,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Audit these sessions and the passes they were paid with; None audits all there is.

    Each session is read from one snapshot, so commands may go on being applied. Memory holds one session at a time.
    `advance` is told how many sessions are done.
    """
    verdict = Verdict()
    for busy, ids in _in_turn(db, training_session_ids):
        if busy:
            _audit_session(db, ids[0], verdict)
        else:
            _audit_quiet(db, ids, verdict)
        advance(len(ids))
    verdict.add(map(balance_difference, journal.wrong_balances(db, training_session_ids)))
    if training_session_ids is None:
        verdict.add(Difference(None, None, "stray row", "none", sentence) for sentence in journal.strays(db))
    return verdict


def _in_turn(
    db: Db, training_session_ids: Collection[TrainingSessionId] | None
) -> Iterator[tuple[bool, list[TrainingSessionId]]]:
    """Yield sessions with commands one by one, and the others in pages."""
    if training_session_ids is not None:
        for id_ in training_session_ids:
            yield True, [id_]
        return
    quiet: list[TrainingSessionId] = []
    for id_, busy in journal.sessions_to_audit(db):
        if busy:
            yield True, [id_]
        else:
            quiet.append(id_)
        if len(quiet) == journal.PAGE:
            yield False, quiet
            quiet = []
    if quiet:
        yield False, quiet


def _audit_quiet(db: Db, ids: Collection[TrainingSessionId], verdict: Verdict) -> None:
    """Audit sessions nobody ever asked anything of: each must stand as it opened."""
    for id_, row in journal.session_rows(db, ids).items():
        if row.position:
            _audit_session(db, id_, verdict)
            continue
        verdict.sessions += 1
        start = _start(id_, row, verdict)
        if start is not None:
            verdict.add(session_differences(row, start.facts, start.receipt))


def _audit_session(db: Db, id_: TrainingSessionId, verdict: Verdict) -> None:
    with journal.snapshot(db):
        row = journal.session_rows(db, [id_]).get(id_)
        if row is None:
            verdict.add([Difference(id_, None, "session", "a row", "no such session")])
            return
        verdict.sessions += 1
        start = _start(id_, row, verdict)
        if start is not None:
            verdict.add(_differences(db, row, start, verdict))


def _start(id_: TrainingSessionId, row: SessionRow, verdict: Verdict) -> Replay | None:
    try:
        opening = opened_as(row.opening)
    except ValidationError as error:
        verdict.add([Difference(id_, None, "opening facts", "a session", f"{error.error_count()} errors in them")])
        return None
    if opening.id != id_:
        verdict.add([Difference(id_, None, "opening facts", f"session {id_}", f"session {opening.id}")])
    return Replay(opening, first_receipt(row.opening))


def _differences(db: Db, row: SessionRow, lived: Replay, verdict: Verdict) -> Iterator[Difference]:
    id_ = row.training_session.id
    bookings: list[BookingRow] = []
    expected: list[LedgerRow] = []
    ledger: list[LedgerRow] = []
    positions: dict[CommandId, int] = {}
    for chunk in journal.entries(db, id_):
        verdict.outcomes.update(entry.status for entry in chunk)
        positions.update((entry.id, entry.position) for entry in chunk)
        steps: list[Step] = []
        for entry in chunk:
            try:
                steps.append(lived.take(entry))
            except Exception as error:  # noqa: BLE001 - a forged journal may break any rule, and that is the finding
                yield from lived.found
                yield Difference(id_, entry.position, "journal", "a command the rules can decide", repr(error))
                return
        written = journal.written_by(db, [entry.id for entry in chunk])
        bookings += written.bookings
        ledger += written.ledger
        verdict.notices += len(written.notices)
        for step in steps:
            expected += step.ledger
            yield from step.differences
        yield from notice_differences(id_, steps, written.notices)
    verdict.bookings += len(bookings)
    verdict.ledger_lines += len(ledger)
    yield from booking_differences(lived.facts, bookings)
    yield from ledger_differences(id_, expected, ledger, positions)
    yield from session_differences(row, lived.facts, lived.receipt)
    yield from _about_waiting(db, id_, verdict)


def _about_waiting(db: Db, id_: TrainingSessionId, verdict: Verdict) -> Iterator[Difference]:
    waiting = journal.waiting_ids(db, id_)
    verdict.waiting += len(waiting)
    for first in range(0, len(waiting), journal.CHUNK):
        some = waiting[first : first + journal.CHUNK]
        written = journal.written_by(db, some)
        traces = [row.id for row in written.bookings] + [row.booking_id for row in written.ledger]
        yield from untouched(id_, set(some), [*traces, *(row.command_id for row in written.notices)])
