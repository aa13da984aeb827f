"""Work that costs little more for many than for one: whoever comes while it is done is taken along the next time.

The first to come does the work for all who have gathered by then, in their own thread; meanwhile others gather, and the
first of those is next. Nobody waits for others to come. (Group commit, as databases do it with their logs.)
"""

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

TOGETHER_MAX = 100

One = TypeVar("One")
Result = TypeVar("Result")


class _Turn(Generic[One, Result]):
    """One who has come: woken with what came of it, or with nothing yet, to do the work for all who wait."""

    def __init__(self, one: One) -> None:
        self.one = one
        self.result: Result | BaseException | None = None
        self.woken = Event()


class Together(Generic[One, Result]):
    """Does the work for one, and for whoever else is there.

    `work` returns for each what came of it, in order, or the exception that it ends with; what `work` itself raises,
    all end with. It is called by one thread at a time.
    """

    def __init__(self, work: Callable[[Sequence[One]], Sequence[Result | BaseException]]) -> None:
        self._work = work
        self._lock = Lock()
        self._gathered: list[_Turn[One, Result]] = []
        self._is_busy = False

    def __call__(self, one: One) -> Result:
        """Return what came of this one, or raise it."""
        turn = _Turn[One, Result](one)
        with self._lock:
            self._gathered.append(turn)
            is_first, self._is_busy = not self._is_busy, True
        if not is_first:
            turn.woken.wait()
        if turn.result is None:
            self._do()
        if isinstance(turn.result, BaseException):
            raise turn.result
        assert turn.result is not None  # noqa: S101 - `_do` leaves nobody without
        return turn.result

    def _do(self) -> None:
        with self._lock:
            group, self._gathered = self._gathered[:TOGETHER_MAX], self._gathered[TOGETHER_MAX:]
        results: Sequence[Result | BaseException]
        try:
            results = self._work([turn.one for turn in group])
        except BaseException as error:  # noqa: BLE001 - also what ends this thread must not leave the others waiting
            results = [error] * len(group)
        with self._lock:
            self._is_busy = bool(self._gathered)
            following = self._gathered[0] if self._gathered else None
        if following is not None:
            following.woken.set()
        for turn, result in zip(group, results, strict=True):
            turn.result = result
            turn.woken.set()
