"""What one run measures, part by part: the names that `python -m benchmarks run` takes."""

from collections.abc import Callable, Iterator

from benchmarks.contenders import CONTENDERS, EMPTY_ROUTE, SEATLINE, USUAL
from benchmarks.floors.bulk_rows import bulk_rows
from benchmarks.floors.commits import commits
from benchmarks.growth import SIZES, growth
from benchmarks.results import Measurement
from benchmarks.scenarios.backlog import accepting_nothing, backlog
from benchmarks.scenarios.browse import browse
from benchmarks.scenarios.evening import evening
from benchmarks.scenarios.overload import overload
from benchmarks.scenarios.rush import crash, rush
from benchmarks.scenarios.soak import soak
from benchmarks.scenarios.trickle import trickle
from benchmarks.stand.stand import Stand

COMMIT_MS = (0.0, 2.0, 10.0)
MANY_SESSIONS = 1_000
WORKERS_MAX = 4

Measured = Iterator[Measurement]


Part = Callable[[Stand, list[str], float], Measured]
"""One part of a run: takes the stand, the names of the contenders wanted, and the scale of all sizes."""


def _rush(stand: Stand, names: list[str], scale: float) -> Measured:
    for commit_ms in COMMIT_MS:
        for name in names:
            yield rush(stand, CONTENDERS[name], scale=scale, commit_ms=commit_ms)


def _crash(stand: Stand, names: list[str], scale: float) -> Measured:
    for name in names:
        yield crash(stand, CONTENDERS[name], scale=scale)


def _evening(stand: Stand, names: list[str], scale: float) -> Measured:
    for name in names:
        yield evening(stand, CONTENDERS[name], scale=scale)
    if SEATLINE.name in names:
        for workers in (1, 2):
            yield evening(stand, SEATLINE, scale=scale, workers=workers, commit_ms=2.0)


def _trickle(stand: Stand, names: list[str], scale: float) -> Measured:
    for name in names:
        yield trickle(stand, CONTENDERS[name], scale=scale)


def _browse(stand: Stand, names: list[str], scale: float) -> Measured:
    # The queueing peers read by the very same code as the usual one.
    for name in names:
        if CONTENDERS[name] in (SEATLINE, USUAL):
            yield browse(stand, CONTENDERS[name], scale=scale)
    yield browse(stand, EMPTY_ROUTE, scale=scale)


def _backlog(stand: Stand, names: list[str], scale: float) -> Measured:
    for sessions in (1, MANY_SESSIONS):
        for name in names:
            yield backlog(stand, CONTENDERS[name], scale=scale, sessions=sessions)
    yield accepting_nothing(stand, scale=scale)


def _floors(stand: Stand, _names: list[str], scale: float) -> Measured:
    for commit_ms in COMMIT_MS:
        yield commits(stand, commit_ms=commit_ms)
    yield bulk_rows(stand, scale=scale)


def _growth(stand: Stand, names: list[str], scale: float) -> Measured:
    for axis, sizes in SIZES.items():
        for size in sizes:
            for name in names:
                if CONTENDERS[name] in (SEATLINE, USUAL):
                    yield growth(stand, CONTENDERS[name], axis=axis, size=size, scale=scale)


def _workers(stand: Stand, names: list[str], scale: float) -> Measured:
    """Serve one backlog with more and more workers, each commit 2 ms away: what more of them can win."""
    for workers in range(1, WORKERS_MAX + 1):
        for name in names:
            if CONTENDERS[name].queues:
                yield backlog(
                    stand, CONTENDERS[name], scale=scale / 2, sessions=MANY_SESSIONS, workers=workers, commit_ms=2.0
                )


def _overload(stand: Stand, _names: list[str], scale: float) -> Measured:
    yield overload(stand, scale=scale)


def _soak(stand: Stand, _names: list[str], scale: float) -> Measured:
    yield from soak(stand, scale=scale)


PARTS: dict[str, Part] = {
    "floors": _floors,
    "rush": _rush,
    "crash": _crash,
    "evening": _evening,
    "trickle": _trickle,
    "browse": _browse,
    "backlog": _backlog,
    "workers": _workers,
    "growth": _growth,
    "overload": _overload,
    "soak": _soak,
}
