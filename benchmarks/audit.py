"""Whether the rules held, read from the tables of any contender and from what its clients saw.

A small model of a session is walked through the outcomes in order of their positions. It knows nothing of `domain/`: a
place is free or not, a line has a head. What it finds is a list of sentences for each kind of fault; none is expected.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from benchmarks.stand.load import Told
from storage.database import Db

KINDS = ("lost", "unsettled", "doubled", "oversold", "twice_booked", "line", "ledger", "rows", "order")
"""What may be wrong: see `examine`."""


@dataclass(slots=True)
class Examined:
    """What was looked at, and the faults by kind."""

    commands: int = 0
    faults: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def counts(self) -> dict[str, int]:
        """How many faults there are of each kind that has any."""
        return {kind: len(found) for kind, found in self.faults.items() if found}


@dataclass(slots=True)
class _Session:
    """The model: who has a place, who waits in which order, who was skipped.

    `members` has each booking's member, in the order in which they came; `live` those with a live booking.
    """

    capacity: int
    placed: set[str] = field(default_factory=set)
    line: list[str] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)

    def take_off(self, booking: str) -> bool:
        """Take a booking off; return whether it was live."""
        was_live = booking in self.placed or booking in self.line or booking in self.skipped
        self.placed.discard(booking)
        self.skipped.discard(booking)
        if booking in self.line:
            self.line.remove(booking)
        return was_live


def examine(db: Db, told: Iterable[Told]) -> Examined:
    """Look at everything in this database; `told` is what the client processes saw.

    `lost`: a client was told that it is accepted, and there is no such command. `unsettled`: accepted, and still
    without outcome. `doubled`: two commands under one key or at one position. `oversold`, `twice_booked`: more places
    than there are, more than one live booking of a member. `line`: somebody got a place who was not the first in line
    that could pay. `ledger`: a pass whose balance is not that of its lines. `rows`: bookings or counts that are not
    what the outcomes say. `order`: a command decided before one that had been answered when it was sent.
    """
    examined = Examined()
    seen = [line for one in told for line in one.trace]
    _commands(db, examined, {id_ for id_, _, _ in seen})
    for session_id, capacity, booked, waiting in db.execute(
        "SELECT id, capacity, booked, waiting + skipped FROM training_sessions WHERE position > 0"
    ).fetchall():
        model = _walk(db, examined, session_id, capacity)
        if (len(model.placed), len(model.line) + len(model.skipped)) != (booked, waiting):
            examined.faults["rows"].append(f"session {session_id} counts {booked} booked, {waiting} in line")
        _compare_bookings(db, examined, session_id, model)
    _ledger(db, examined)
    examined.faults["order"] += _overtaken(db, seen)
    return examined


def _commands(db: Db, examined: Examined, seen: set[str]) -> None:
    faults = examined.faults
    known = {}
    positions: Counter[tuple[UUID, int]] = Counter()
    keys: Counter[tuple[UUID, str]] = Counter()
    rows = db.execute("SELECT id, training_session_id, actor_id, idempotency_key, status, position FROM commands")
    for id_, session_id, actor_id, key, status, position in rows:
        known[str(id_)] = status
        examined.commands += 1
        positions.update([(session_id, position)] if position is not None else [])
        keys.update([(actor_id, key)] if key else [])
        if status in {"waiting", "failed"}:
            faults["unsettled"].append(f"command {id_} is {status}")
    faults["lost"] += [f"command {id_} was accepted and is gone" for id_ in seen - known.keys()]
    faults["doubled"] += [f"{count} commands at {place}" for place, count in (positions + keys).items() if count > 1]


def _walk(db: Db, examined: Examined, session_id: UUID, capacity: int) -> _Session:
    """Live the session again by the events of its outcomes."""
    model = _Session(capacity)
    rows = db.execute(
        """
        SELECT position, outcome FROM commands WHERE training_session_id = %s AND position IS NOT NULL
         ORDER BY position
        """,
        (session_id,),
    )
    for expected, (position, outcome) in enumerate(rows, start=1):
        if position != expected:
            examined.faults["doubled"].append(f"session {session_id} has no command at position {expected}")
            break
        events = outcome.get("events", [])
        wrong = [fault for event in events for fault in [*_joined(model, event), *_moved(model, event)]]
        if len(model.placed) > model.capacity:
            wrong.append(("oversold", f"{len(model.placed)} of {model.capacity} places"))
        if len(model.placed) < model.capacity and model.line:
            wrong.append(("line", "a place is left idle"))
        for kind, sentence in wrong:
            examined.faults[kind].append(f"session {session_id}, position {position}: {sentence}")
    return model


def _joined(model: _Session, event: dict[str, Any]) -> list[tuple[str, str]]:
    """Make a new booking true in the model; return what is wrong with it."""
    name, booking = event["event"], event.get("booking_id", "")
    if name not in {"seat_booked", "waitlist_joined"}:
        return []
    wrong = []
    if event["member_id"] in model.live:
        wrong.append(("twice_booked", f"member {event['member_id']} has a booking already"))
    if name == "seat_booked" and model.line:
        wrong.append(("line", f"booking {booking} got a place although {len(model.line)} wait"))
    model.members[booking] = event["member_id"]
    model.live.add(event["member_id"])
    if name == "seat_booked":
        model.placed.add(booking)
    else:
        model.line.append(booking)
    return wrong


def _moved(model: _Session, event: dict[str, Any]) -> list[tuple[str, str]]:
    """Make true what became of an earlier booking; return what is wrong with it."""
    wrong = []
    booking = event.get("booking_id", "")
    match event["event"]:
        case "waiter_promoted" | "waiter_skipped":
            if model.line[:1] != [booking]:
                wrong.append(("line", f"booking {booking} is not the first in line"))
            model.take_off(booking)
            (model.placed if event["event"] == "waiter_promoted" else model.skipped).add(booking)
        case "booking_cancelled" | "waitlist_left":
            if not model.take_off(booking):
                wrong.append(("rows", f"booking {booking} ended and was not live"))
            model.live.discard(event["member_id"])
        case "waiter_returned":
            model.take_off(booking)
            # Where they stood: before all who joined later.
            order = list(model.members)
            model.line = sorted([*model.line, booking], key=order.index)
        case _:
            pass
    return wrong


def _compare_bookings(db: Db, examined: Examined, session_id: UUID, model: _Session) -> None:
    rows = db.execute(
        "SELECT id, member_id, status, position FROM bookings WHERE training_session_id = %s AND status <> 'cancelled'"
        " ORDER BY position",
        (session_id,),
    ).fetchall()
    placed = {str(id_) for id_, _, status, _ in rows if status == "confirmed"}
    waiting = [str(id_) for id_, _, status, _ in rows if status == "waitlisted"]
    in_line = [one for one in waiting if one not in model.skipped]
    if placed != model.placed or in_line != model.line or set(waiting) - set(in_line) != model.skipped:
        examined.faults["rows"].append(f"session {session_id} has other bookings than its outcomes say")
    for member, count in Counter(member for _, member, _, _ in rows).items():
        if count > 1:
            examined.faults["twice_booked"].append(f"member {member} has {count} bookings of session {session_id}")


def _ledger(db: Db, examined: Examined) -> None:
    rows = db.execute(
        """
        SELECT passes.id, sessions_granted, sessions_left, coalesce(sum(change), 0)
          FROM passes LEFT JOIN pass_ledger ON pass_id = passes.id
         GROUP BY passes.id HAVING sessions_left <> sessions_granted + coalesce(sum(change), 0)
        """
    )
    examined.faults["ledger"] += [
        f"pass {id_}: {left} left, {given} given, {moved} moved" for id_, given, left, moved in rows
    ]
    rows = db.execute(
        """
        SELECT bookings.id, status, coalesce(sum(change), 0)
          FROM bookings LEFT JOIN pass_ledger ON booking_id = bookings.id
         GROUP BY bookings.id HAVING coalesce(sum(change), 0) <> CASE status WHEN 'confirmed' THEN -1 ELSE 0 END
        """
    )
    examined.faults["ledger"] += [f"booking {id_} is {status} and charged {charged}" for id_, status, charged in rows]


def _overtaken(db: Db, seen: Sequence[tuple[str, float, float]]) -> Iterator[str]:
    """Yield each command decided before one of its session that had been answered when it was sent."""
    known = {
        str(id_): (session_id, position)
        for id_, session_id, position in db.execute("SELECT id, training_session_id, position FROM commands")
        if position is not None
    }
    by_session: dict[UUID, list[tuple[float, int, int, str]]] = defaultdict(list)
    for id_, sent, answered in seen:
        if id_ in known:
            session_id, position = known[id_]
            # At one instant sending comes first: only what was answered strictly before counts.
            by_session[session_id] += [(sent, 0, position, id_), (answered, 1, position, id_)]
    for session_id, instants in by_session.items():
        latest_answered = 0
        for _, is_answer, position, id_ in sorted(instants):
            if is_answer:
                latest_answered = max(latest_answered, position)
            elif position < latest_answered:
                yield f"session {session_id}: command {id_} was decided before one that had been answered already"
