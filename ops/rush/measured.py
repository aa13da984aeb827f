"""Read from the journal what a run came to: outcomes, batches, and how places and line filled over time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.ids import TrainingSessionId
from storage import journal
from storage.database import Db
from storage.journal import Entry

POINTS_MAX = 400  # of the curve over time; more could not be told apart on a screen

# What each event does to the number of taken places and of people in line.
_MOVES = {
    "seat_booked": (1, 0),
    "waitlist_joined": (0, 1),
    "waiter_promoted": (1, -1),
    "booking_cancelled": (-1, 0),
    "waitlist_left": (0, -1),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood this many seconds after the first command was accepted, over all sessions of the run."""

    seconds: float
    booked: int
    in_line: int


@dataclass(slots=True)
class Measured:
    """What the journal says; `apply_seconds` is from accepted to applied, by the database's clock alone."""

    statuses: dict[str, str] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    apply_seconds: list[float] = field(default_factory=list)
    batches: int = 0
    commands: int = 0
    own_commands: int = 0
    waiting: int = 0
    oversold: list[str] = field(default_factory=list)
    idle_places: list[str] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    @property
    def mean_batch(self) -> float:
        """How many commands a batch settled on average."""
        return self.commands / self.batches if self.batches else 0.0


def measure(db: Db, training_session_ids: Sequence[TrainingSessionId]) -> Measured:
    """Read the journals of these sessions. `own_commands` counts those Seatline gave itself."""
    measured = Measured()
    moves: list[tuple[datetime, int, int]] = []
    began: datetime | None = None
    for id_ in training_session_ids:
        batches: set[datetime] = set()
        with journal.snapshot(db):
            for chunk in journal.entries(db, id_):
                began = min(filter(None, (began, *(entry.accepted_at for entry in chunk))))
                # A batch is settled in one statement, so its entries carry one instant.
                batches.update(entry.applied_at for entry in chunk)
                moves += _count(measured, chunk)
            measured.waiting += len(journal.waiting_ids(db, id_))
        measured.batches += len(batches)
    for id_, row in journal.session_rows(db, training_session_ids).items():
        capacity = row.training_session.capacity
        if row.booked > capacity:
            measured.oversold.append(f"session {id_}: {row.booked} of {capacity} places")
        if row.waiting and row.booked < capacity:
            measured.idle_places.append(f"session {id_}: {row.booked} of {capacity} places, {row.waiting} in line")
    if began is not None:
        measured.moments = _curve(moves, began)
    return measured


def _count(measured: Measured, chunk: Sequence[Entry]) -> Iterable[tuple[datetime, int, int]]:
    for entry in chunk:
        measured.commands += 1
        if entry.actor_id is None:
            measured.own_commands += 1
        else:
            measured.statuses[str(entry.id)] = entry.status
        measured.apply_seconds.append((entry.applied_at - entry.accepted_at).total_seconds())
        measured.reasons.update(entry.outcome.get("reasons", []))
        booked = in_line = 0
        for event in entry.outcome.get("events", []):
            measured.events[event["event"]] += 1
            more_booked, more_in_line = _MOVES.get(event["event"], (0, 0))
            booked += more_booked
            in_line += more_in_line
        yield entry.applied_at, booked, in_line


def _curve(moves: list[tuple[datetime, int, int]], began: datetime) -> list[Moment]:
    """Return the sums over time, thinned to what a screen can show; the last one is always there."""
    moments: dict[float, Moment] = {}
    booked = in_line = 0
    for at, more_booked, more_in_line in sorted(moves, key=lambda move: move[0]):
        booked += more_booked
        in_line += more_in_line
        seconds = (at - began).total_seconds()
        moments[seconds] = Moment(seconds, booked, in_line)
    every = max(1, len(moments) // POINTS_MAX)
    whole = [Moment(0.0, 0, 0), *moments.values()]
    return [*whole[:-1:every], whole[-1]]
