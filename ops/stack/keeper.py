"""Starts again what died, a little later each time it keeps dying."""

import time
from typing import Protocol

from ops.stack.errors import StackError

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0


class Kept(Protocol):
    """Something that may die and can be started again."""

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        ...

    def restart(self) -> None:
        """Start it again; StackError when it does not come up."""
        ...


class Keeper:
    """Looks after one program.

    The first restart comes at once. One that dies again soon waits half a second, then one, two, and so on up to
    30 s, so that a broken program does not eat the machine; the pause is forgotten once it has lived that long.
    """

    def __init__(self, name: str, kept: Kept) -> None:
        self._name = name
        self._kept = kept
        self._pause = 0.0
        self._started = float("-inf")

    def look(self) -> str | None:
        """Start the program again if it died and its pause is over; returns a line to show if anything was done."""
        if self._kept.alive:
            return None
        now = time.monotonic()
        if now - self._started > _LONGEST_PAUSE + self._pause:
            self._pause = 0.0
        if now < self._started + self._pause:
            return None
        self._started = now
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        try:
            self._kept.restart()
        except (StackError, OSError) as error:
            return f"{self._name} died and did not come up again, next try in {self._pause:g} s: {error}"
        return f"{self._name} died and was started again"
