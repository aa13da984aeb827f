"""A circuit breaker for each server: one that fails again and again is left alone for a while, then tried once."""

import time
from collections.abc import Callable
from dataclasses import dataclass

FAILURES_MAX = 5  # in a row; then the server counts as down
PAUSE_SECONDS_FIRST = 10.0
PAUSE_SECONDS_MAX = 300.0
TRIAL_SECONDS_MAX = 60.0  # a trial that never came back holds the next one up no longer than this


@dataclass(slots=True)
class _Server:
    failures: int = 0
    pause_seconds: float = 0.0
    paused_until: float = 0.0
    trial_until: float = 0.0


class Breaker:
    """Knows of each server of one provider whether it may be called; lives as long as its process.

    `clock` returns seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._servers: dict[str, _Server] = {}

    def worth_claiming(self, server: str, wanted: int) -> int:
        """Return for how many of the wanted deliveries this server may be called: all, one for trial, or none."""
        if self.seconds_left(server):
            return 0
        return min(wanted, 1) if self._is_suspect(server) else wanted

    def may_call(self, server: str) -> bool:
        """Whether to call the server now; of one that was left alone the first to ask makes the trial."""
        if self.seconds_left(server):
            return False
        if self._is_suspect(server):
            self._servers[server].trial_until = self._clock() + TRIAL_SECONDS_MAX
        return True

    def seconds_left(self, server: str) -> float:
        """Return how long the server is left alone from now on, for its own sake or while it is on trial."""
        known = self._servers.get(server)
        return 0.0 if known is None else max(known.paused_until - self._clock(), known.trial_until - self._clock(), 0.0)

    def works(self, server: str) -> None:
        """Note that the server answered, whatever it said: nothing is held against it any more."""
        self._servers.pop(server, None)

    def untried(self, server: str) -> None:
        """Note that a call that was allowed never got to the server, so that the next may be the trial."""
        if known := self._servers.get(server):
            known.trial_until = 0.0

    def is_down(self, server: str) -> None:
        """Note that the server could not be used; once too often in a row and it is left alone, longer each time.

        Calls that were under way when the pause began, and fail now, do not make it longer.
        """
        known = self._servers.setdefault(server, _Server())
        known.failures += 1
        known.trial_until = 0.0
        if known.failures >= FAILURES_MAX and self._clock() >= known.paused_until:
            known.pause_seconds = min(max(2 * known.pause_seconds, PAUSE_SECONDS_FIRST), PAUSE_SECONDS_MAX)
            known.paused_until = self._clock() + known.pause_seconds

    def _is_suspect(self, server: str) -> bool:
        known = self._servers.get(server)
        return known is not None and known.failures >= FAILURES_MAX
