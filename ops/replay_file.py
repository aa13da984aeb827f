"""What a file of commands says, checked as a whole before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from domain.ids import BookingId, MemberId, PassId, TrainingSessionId
from ops.cells import Cells
from ops.csv_file import Complaints, Row, read_rows
from storage import intake
from storage.database import Db
from storage.intake import KnownIds
from storage.queries.members import token_generations

COLUMNS = ("number", "kind", "session_key", "member_key", "pass_key")


class Kind(StrEnum):
    """What a line asks for."""

    BOOK = "book"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the file, its keys resolved; a cancellation has no pass.

    `booking_id` is set where the cancellation was sent before, and says which booking it spoke of then.
    """

    number: int
    kind: Kind
    session_key: str
    training_session_id: TrainingSessionId
    member_id: MemberId
    idempotency_key: str
    pass_id: PassId | None = None
    booking_id: BookingId | None = None


Pair = tuple[TrainingSessionId, MemberId]


@dataclass(frozen=True, slots=True)
class Plan:
    """The orders by session, each session's in order of number; and which bookings lived before the replay.

    `token_generations` are those of which a token lets each member in.
    """

    orders: dict[TrainingSessionId, list[Order]]
    live: dict[Pair, BookingId] = field(default_factory=dict)
    token_generations: dict[MemberId, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many orders there are."""
        return sum(len(orders) for orders in self.orders.values())


def load(db: Db, path: Path) -> Plan:
    """Read the file and resolve its keys; raises `OperatorError` with one sentence for each line that is wrong."""
    complaints = Complaints()
    rows = [Cells(row, complaints) for row in read_rows(path, COLUMNS, complaints)]
    _check_numbers(rows)
    known = intake.ids_of_keys(
        db,
        training_sessions={cells.row.cells["session_key"] for cells in rows},
        members={cells.row.cells["member_key"] for cells in rows},
        passes={cells.row.cells["pass_key"] for cells in rows} - {""},
    )
    prefix = f"replay-{sha256(path.read_bytes()).hexdigest()[:32]}" if rows else ""
    orders = [order for cells in rows if (order := _order_of(cells, known, prefix))]
    cancels = [order for order in orders if order.kind is Kind.CANCEL]
    live = intake.live_bookings(db, {(one.training_session_id, one.member_id) for one in cancels})
    sent = intake.bookings_named_by(db, {(one.member_id, one.idempotency_key) for one in cancels})
    _check_cancellations(
        orders,
        {int(cells.row.cells["number"]): cells.row for cells in rows if cells.row.cells["number"].isdecimal()},
        {*live},
        {*sent},
        complaints,
    )
    complaints.refuse_if_any("Nothing was sent")
    return Plan(_by_session(orders, sent), live, token_generations(db, {one.member_id for one in orders}))


def _check_numbers(rows: Iterable[Cells]) -> None:
    seen: dict[int, int] = {}
    highest = 0
    for cells in rows:
        number = cells.number("number", least=1)
        if number is None:
            continue
        if number in seen:
            cells.complain("number", f"{number} is on line {seen[number]} already; each number comes once")
        elif number < highest:
            cells.complain("number", f"{number} comes after {highest}; numbers must grow from line to line")
        seen.setdefault(number, cells.row.line)
        highest = max(highest, number)


def _order_of(cells: Cells, known: KnownIds, prefix: str) -> Order | None:
    """Return the order, or None after complaining."""
    said = cells.row.cells
    session = known.training_sessions.get(said["session_key"])
    member = known.members.get(said["member_key"])
    pass_ = known.passes.get(said["pass_key"])
    for column, id_ in (("session_key", session), ("member_key", member)):
        if id_ is None:
            cells.complain(column, f"the database knows no {said[column]!r}; import it first")
    if said["kind"] not in {*Kind}:
        cells.complain("kind", f"must be book or cancel, not {said['kind']!r}")
        return None
    kind = Kind(said["kind"])
    if kind is Kind.BOOK and pass_ is None:
        cells.complain("pass_key", f"the database knows no {said['pass_key']!r}; import it first")
        return None
    if session is None or member is None or not said["number"].isdecimal():
        return None
    number = int(said["number"])
    used = pass_ if kind is Kind.BOOK else None
    return Order(number, kind, said["session_key"], session, member, f"{prefix}-{number}", used)


def _check_cancellations(
    orders: Iterable[Order],
    rows: dict[int, Row],
    live: set[Pair],
    sent: set[tuple[MemberId, str]],
    complaints: Complaints,
) -> None:
    """A cancellation needs something to cancel: a booking asked for before it, or one that lives already."""
    asked = set(live)
    for order in orders:
        pair = (order.training_session_id, order.member_id)
        if order.kind is Kind.BOOK:
            asked.add(pair)
        elif pair not in asked and (order.member_id, order.idempotency_key) not in sent:
            row = rows[order.number]
            reason = f"{row.cells['member_key']!r} has no booking of {order.session_key!r} to cancel"
            complaints.add(row.file, row.line, "kind", f"{reason}, neither above this line nor in the database")


def _by_session(
    orders: Iterable[Order], sent: dict[tuple[MemberId, str], BookingId]
) -> dict[TrainingSessionId, list[Order]]:
    by_session: dict[TrainingSessionId, list[Order]] = {}
    for order in orders:
        named = sent.get((order.member_id, order.idempotency_key))
        whole = order if named is None else replace(order, booking_id=named)
        by_session.setdefault(order.training_session_id, []).append(whole)
    return by_session
