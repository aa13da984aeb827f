"""Whether the command log takes more: as many may wait as the workers get through while somebody still cares.

Looked at only when somebody gives a command, at most once a second and a tenth of the time, so that it costs nothing
where nothing is asked for, and little where much waits. Between two looks more is accepted than the limits say.
"""

import time
from secrets import randbelow
from uuid import UUID

import psycopg
from structlog import get_logger

from api.allowances import Clock
from storage.database import Ask
from storage.queries.backlog import BacklogLimits, Fullness, look_at_backlog

LOOK_EVERY_SECONDS = 1.0
REST_TIMES = 9  # it rests so many times as long as looking took
COME_AGAIN_SECONDS = 5

log = get_logger()


class Backlog:
    """What one process knows of the backlog."""

    def __init__(self, limits: BacklogLimits, ask: Ask, clock: Clock = time.monotonic) -> None:
        self._limits, self._ask, self._clock = limits, ask, clock
        self._known = Fullness(0, is_full=False)
        self._look_at = clock()

    def takes(self, training_session_id: UUID) -> bool:
        """Whether a member's command for this session is accepted; asks the database now and then.

        A database that cannot say how much waits changes nothing: whoever writes a command finds out.
        """
        if self._clock() >= self._look_at:
            self._look()
        return not self._known.is_full and training_session_id not in self._known.full_sessions

    def _look(self) -> None:
        began = self._clock()
        # While one looks, others go by what was known before.
        self._look_at = float("inf")
        try:
            self._tell(self._ask(lambda db: look_at_backlog(db, self._limits)))
        except psycopg.Error as error:
            log.warning("the backlog cannot be looked at", error=str(error))
        finally:
            now = self._clock()
            self._look_at = now + max(LOOK_EVERY_SECONDS, REST_TIMES * (now - began))

    def _tell(self, now: Fullness) -> None:
        before, self._known = self._known, now
        if (now.is_full, now.full_sessions) != (before.is_full, before.full_sessions):
            sessions = sorted(map(str, now.full_sessions))
            log.warning("the backlog", is_full=now.is_full, waiting=now.waiting, full_sessions=sessions)


def come_again_seconds() -> int:
    """Return when somebody who was turned away shall come again: not all of a crowd at the same moment."""
    return COME_AGAIN_SECONDS + randbelow(2 * COME_AGAIN_SECONDS)
