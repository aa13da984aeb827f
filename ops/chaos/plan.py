"""Which fault hits what and when: a pure function of the seed, so that a run can be had again."""

import random
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

QUIET_SECONDS = 0.6  # at the beginning, so that there is something to disturb
GAP_SECONDS = (0.4, 1.4)  # from the beginning of one fault to that of the next


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. `strike(stage, strike)` does it on entering, and puts things right again on leaving.

    It hits one of `targets`, for a time between the two `seconds`. `meaning` is a sentence for people.
    """

    name: str
    meaning: str
    targets: tuple[str, ...]
    seconds: tuple[float, float]
    strike: Callable[[Any, "Strike"], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of a run: `at` seconds after its beginning, for so long; `pick`, from 0 to 1, chooses among equals."""

    at: float
    fault: Fault
    target: str
    seconds: float
    pick: float

    @property
    def ends(self) -> float:
        """When it is over."""
        return self.at + self.seconds


def prolonged(fault: Fault, seconds: float) -> Fault:
    """Return the fault as one that lasts so long each time; one that is over at once stays as it is."""
    return replace(fault, seconds=(seconds, seconds)) if any(fault.seconds) else fault


def schedule(seed: int, seconds: float, faults: Sequence[Fault]) -> list[Strike]:
    """Return the faults of a run in the order in which they begin; all are over after `seconds`.

    The kind that came least often comes first, as far as it fits. Two faults never hit the same target at once.
    """
    chance = random.Random(f"seatline chaos {seed}")  # noqa: S311 - must give the same again
    strikes: list[Strike] = []
    times = dict.fromkeys((fault.name for fault in faults), 0)
    at = QUIET_SECONDS
    while at < seconds and faults:
        busy = {strike.target for strike in strikes if strike.ends > at}
        by_turn = sorted(chance.sample(faults, len(faults)), key=lambda fault: times[fault.name])
        strike = _first_that_fits(chance, by_turn, at, seconds, busy)
        if strike is not None:
            strikes.append(strike)
            times[strike.fault.name] += 1
        at += chance.uniform(*GAP_SECONDS)
    return strikes


def _first_that_fits(
    chance: random.Random, by_turn: Sequence[Fault], at: float, until: float, busy: Collection[str]
) -> Strike | None:
    for fault in by_turn:
        free = [target for target in fault.targets if target not in busy]
        lasts = chance.uniform(*fault.seconds)
        if free and at + lasts <= until:
            return Strike(round(at, 3), fault, chance.choice(free), round(lasts, 3), round(chance.random(), 3))
    return None
