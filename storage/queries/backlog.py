"""Whether more commands wait than shall wait, at a cost that the limit bounds."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from storage.database import Db
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class BacklogLimits:
    """How many commands may wait in all, and in one session."""

    commands: int
    in_session: int


def limits_of(settings: Settings) -> BacklogLimits:
    """Return the limits that these settings say."""
    return BacklogLimits(settings.backlog_max, settings.session_backlog_max)


@dataclass(frozen=True, slots=True)
class Fullness:
    """How many commands wait, counted up to the limit, and the sessions in which as many wait as may.

    Beyond the limit not every session may have been counted.
    """

    waiting: int
    is_full: bool
    full_sessions: Collection[UUID] = frozenset()

    @property
    def turns_away(self) -> bool:
        """Whether members' commands are turned away, for one session at least."""
        return self.is_full or bool(self.full_sessions)


def look_at_backlog(db: Db, limits: BacklogLimits) -> Fullness:
    """Count what waits; reads as many entries of the index of waiting commands as wait, at most the limit."""
    rows = db.execute(
        """
        WITH some_of_it AS MATERIALIZED (
            SELECT training_session_id FROM commands WHERE status = 'waiting'
             ORDER BY training_session_id, seq LIMIT %(commands)s)
        SELECT training_session_id, count(*) FROM some_of_it
         GROUP BY GROUPING SETS ((), (training_session_id))
        HAVING grouping(training_session_id) = 1 OR count(*) >= %(in_session)s
        """,
        {"commands": limits.commands, "in_session": limits.in_session},
    ).fetchall()
    waiting = next(count for id_, count in rows if id_ is None)
    return Fullness(waiting, waiting >= limits.commands, frozenset(id_ for id_, _ in rows if id_ is not None))
