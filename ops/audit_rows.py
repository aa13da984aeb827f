"""Compare what the tables say of a session with what its replay came to."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields

from domain.facts import Booking, Facts, TrainingSession
from domain.ids import BookingId, CommandId, TrainingSessionId
from domain.notices import Notice
from ops.audit import Difference, Step
from storage.journal import Balance, BookingRow, LedgerRow, NoticeRow, SessionRow


def session_differences(row: SessionRow, facts: Facts, last_receipt: str) -> Iterator[Difference]:
    """Compare the session's own row: its facts, its counts, its last position and its receipt."""
    id_ = facts.training_session.id
    for one in fields(TrainingSession):
        expected, found = getattr(facts.training_session, one.name), getattr(row.training_session, one.name)
        if expected != found:
            yield Difference(id_, None, f"session's {one.name}", str(expected), str(found))
    for name in ("position", "booked", "waiting", "skipped"):
        expected, found = getattr(facts, name), getattr(row, name)
        if expected != found:
            yield Difference(id_, None, f"session's {name}", str(expected), str(found))
    if row.receipt != last_receipt:
        yield Difference(id_, None, "session's receipt", last_receipt, row.receipt)


def booking_differences(facts: Facts, rows: Iterable[BookingRow]) -> Iterator[Difference]:
    """Compare every booking of the session, live or cancelled, with its row; each must have exactly one."""
    session = facts.training_session
    found = {row.id: row for row in rows}
    for booking in facts.bookings.values():
        row = found.pop(booking.id, None)
        if row is None:
            yield Difference(session.id, booking.position, "booking", _told(booking), "no row")
            continue
        for name, expected, stored in _booking_columns(session, booking, row):
            if expected != stored:
                yield Difference(session.id, booking.position, f"booking's {name}", str(expected), str(stored))
    for row in found.values():
        yield Difference(session.id, row.position, "booking", "no row", f"{row.status} booking {row.id}")


def ledger_differences(
    training_session_id: TrainingSessionId,
    expected: Sequence[LedgerRow],
    found: Sequence[LedgerRow],
    positions: dict[CommandId, int],
) -> Iterator[Difference]:
    """Compare the ledger line by line: one for each place taken and one for each given back, and no other."""
    wanted, stored = Counter(expected), Counter(found)
    for line in (wanted - stored).elements():
        yield Difference(training_session_id, positions.get(line.command_id), "ledger", _line(line), "no such line")
    for line in (stored - wanted).elements():
        yield Difference(training_session_id, positions.get(line.command_id), "ledger", "no such line", _line(line))


def notice_differences(
    training_session_id: TrainingSessionId, steps: Sequence[Step], rows: Iterable[NoticeRow]
) -> Iterator[Difference]:
    """Compare the notices of these steps with their rows: each was written once, and no other."""
    found: dict[tuple[CommandId, BookingId | None, str], list[NoticeRow]] = defaultdict(list)
    for row in rows:
        found[row.command_id, row.booking_id, row.kind].append(row)
    for step in steps:
        for notice in step.notices:
            stored = found.pop((step.entry.id, notice.booking_id, str(notice.kind)), [])
            for expected, said in _notice_differences(notice, stored):
                yield Difference(training_session_id, step.entry.position, "notice", expected, said)
    positions = {step.entry.id: step.entry.position for step in steps}
    for row in (row for rows in found.values() for row in rows):
        said = f"{row.kind} to member {row.member_id}"
        yield Difference(training_session_id, positions.get(row.command_id), "notice", "no notice", said)


def balance_difference(balance: Balance) -> Difference:
    """Say what is wrong with a pass's balance."""
    name = f"pass {balance.key or balance.pass_id}"
    expected = f"{balance.granted} granted {balance.changed:+} by its ledger"
    if balance.granted + balance.changed != balance.left:
        return Difference(None, None, f"{name}: sessions left", expected, str(balance.left))
    return Difference(None, None, f"{name}: lowest balance", "never below 0", str(balance.lowest))


def untouched(
    training_session_id: TrainingSessionId, waiting: Collection[CommandId], ids: Iterable[CommandId | BookingId]
) -> Iterator[Difference]:
    """Complain about rows that speak of commands which have no outcome yet."""
    for id_ in ids:
        if id_ in waiting:
            yield Difference(training_session_id, None, f"command {id_}", "no trace, as it still waits", "rows of it")


def _booking_columns(
    session: TrainingSession, booking: Booking, row: BookingRow
) -> Iterator[tuple[str, object, object]]:
    yield "session", session.id, row.training_session_id
    yield "start", session.starts_at, row.starts_at
    yield "skipped", tuple(map(str, booking.skipped)), tuple(row.skipped or ())
    yield "status", str(booking.status), row.status
    for name in ("member_id", "pass_id", "position", "booked_at", "promoted_at", "cancelled_at", "offered_until"):
        yield name, getattr(booking, name), getattr(row, name)


def _notice_differences(notice: Notice, stored: Sequence[NoticeRow]) -> Iterator[tuple[str, str]]:
    told = f"{notice.kind} to member {notice.member_id}"
    if len(stored) != 1:
        yield f"one notice: {told}", f"{len(stored)} of them"
    for row in stored:
        if (row.member_id, row.pass_id, row.details) != (notice.member_id, notice.pass_id, notice.details):
            yield f"{told} with {notice.details}", f"{row.kind} to member {row.member_id} with {row.details}"


def _told(booking: Booking) -> str:
    return f"{booking.status} booking {booking.id}"


def _line(line: LedgerRow) -> str:
    return f"{line.change:+} on pass {line.pass_id} for booking {line.booking_id}"
