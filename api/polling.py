"""What open streams should have heard: read from the database for all of them at once, and told only when new."""

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from api.happenings import Happening, Key, of_booking, of_command, of_inbox, of_notice, of_session
from domain.ids import MemberId, TrainingSessionId
from storage.database import Db
from storage.queries import changes

OVERLAP = timedelta(seconds=15)
"""A commit may come this much later than the instant it wrote down, so every reading begins this much earlier."""

COMMANDS_MAX = 200  # settled commands of one member that a reading tells at most
NOTICES_MAX = 20  # notices of one member, the newest, that a reading looks at
REMEMBERED_SECONDS = 60.0  # longer than the overlap and the time between two readings


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found, and the instant by the database's clock up to which it is complete but for the overlap."""

    read_to: datetime
    happenings: list[Happening]


def read_changes(
    db: Db,
    since: datetime | None,
    *,
    members: Collection[UUID],
    inboxes: Collection[UUID],
    sessions: Collection[UUID],
) -> Reading:
    """Return what has changed for these members since, and the present state of these inboxes and sessions.

    What changes for a member are their commands, bookings and notices. Without `since` only the overlap is read.
    """
    now = changes.database_now(db)
    since = (since or now) - OVERLAP
    concerned = [MemberId(id_) for id_ in members]
    happenings = [
        *map(of_command, changes.commands_settled_since(db, concerned, since, limit=COMMANDS_MAX)),
        *map(of_booking, changes.bookings_changed_since(db, concerned, since)),
        *map(of_notice, changes.notices_written_since(db, concerned, since, limit=NOTICES_MAX)),
    ]
    states = changes.session_states(db, [TrainingSessionId(id_) for id_ in sessions])
    happenings += (of_session(state, now) for state in states)
    happenings += (of_inbox(inbox, now) for inbox in changes.inboxes(db, [MemberId(id_) for id_ in inboxes]))
    return Reading(now, happenings)


@dataclass
class Poll:
    """When to read next, from where on, and what need not be told again."""

    read_to: datetime | None = None
    _read_at: float = 0.0
    _told: dict[Key, tuple[Happening, float]] = field(default_factory=dict)

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
        """Forget what is too old to be read again, and sessions and inboxes that nobody watches any more."""
        kept, oldest = set(watched), time.monotonic() - REMEMBERED_SECONDS
        for key, (_, told_at) in list(self._told.items()):
            kind, id_, _ = key
            if id_ not in kept if kind in {"session", "inbox"} else told_at < oldest:
                self._told.pop(key, None)

    def restart(self) -> None:
        """Nobody listens: the next reading begins at its own present."""
        self.read_to = None
        self._told.clear()
