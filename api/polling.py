"""What open streams should have heard: read from the database for all of them at once, and told only when new."""

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from api.happenings import Happening, Kind, of_booking, of_command, of_session
from domain.ids import MemberId, TrainingSessionId
from storage.database import Db
from storage.queries import changes

OVERLAP = timedelta(seconds=15)
"""A commit may come this much later than the instant it wrote down, so every reading begins this much earlier."""

COMMANDS_MAX = 200  # settled commands of one member that a reading tells at most
REMEMBERED_SECONDS = 60.0  # longer than the overlap and the time between two readings


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found, and the instant by the database's clock up to which it is complete but for the overlap."""

    read_to: datetime
    happenings: list[Happening]


def read_changes(
    db: Db, since: datetime | None, member_ids: Collection[UUID], session_ids: Collection[UUID]
) -> Reading:
    """Return these members' commands and bookings changed since, and the present state of these sessions.

    Without `since` only the overlap is read.
    """
    now = changes.database_now(db)
    since = (since or now) - OVERLAP
    members = [MemberId(id_) for id_ in member_ids]
    states = changes.session_states(db, [TrainingSessionId(id_) for id_ in session_ids])
    happenings = [
        *map(of_command, changes.commands_settled_since(db, members, since, limit=COMMANDS_MAX)),
        *map(of_booking, changes.bookings_changed_since(db, members, since)),
        *(of_session(state, now) for state in states),
    ]
    return Reading(now, happenings)


@dataclass
class Poll:
    """When to read next, from where on, and what need not be told again."""

    read_to: datetime | None = None
    _read_at: float = 0.0
    _told: dict[tuple[Kind, UUID], tuple[Happening, float]] = field(default_factory=dict)

    def is_due(self, every_seconds: float) -> bool:
        """Whether the last reading is so long ago."""
        return time.monotonic() - self._read_at >= every_seconds

    def remember(self, happening: Happening) -> None:
        """Know that those concerned have been told this."""
        self._told[happening.key] = happening, time.monotonic()

    def news(self, reading: Reading) -> Iterator[Happening]:
        """Yield what a reading found and nobody was told; the next reading goes on from this one."""
        self._read_at = time.monotonic()
        for happening in reading.happenings:
            told, _ = self._told.get(happening.key, (None, 0.0))
            if told is None or (told.order <= happening.order and told.state != happening.state):
                yield happening
        self.read_to = reading.read_to

    def forget(self, watched: Iterable[UUID]) -> None:
        """Forget what is too old to be read again, and sessions that nobody watches any more."""
        kept, oldest = set(watched), time.monotonic() - REMEMBERED_SECONDS
        for (kind, id_), (_, told_at) in list(self._told.items()):
            if id_ not in kept if kind == "session" else told_at < oldest:
                self._told.pop((kind, id_), None)

    def restart(self) -> None:
        """Nobody listens: the next reading begins at its own present."""
        self.read_to = None
        self._told.clear()
