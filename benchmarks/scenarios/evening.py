"""An evening: 2,000 sessions, a few of them wanted by most, bookings and cancellations mixed.

What session somebody wants follows Zipf's law: the second is wanted half as often as the first, the third a third as
often. All requests wait for their outcome.
"""

import random
from itertools import accumulate
from uuid import UUID

from benchmarks.contenders import Contender
from benchmarks.results import Measurement, Parameters
from benchmarks.scenarios.measuring import (
    audited,
    booking,
    driven,
    payers,
    warm_up,
)
from benchmarks.stand.stand import Stand

SESSIONS = 2_000
MEMBERS = 2_500
BOOKINGS = 10_000
CAPACITY = 12
CANCEL_SHARE = 0.3
CLIENTS = 64


def wanted(session_ids: list[UUID], number: int, seed: int = 1) -> list[UUID]:
    """Return which sessions so many bookings are for."""
    weights = list(accumulate(1 / rank for rank in range(1, len(session_ids) + 1)))
    return random.Random(seed).choices(session_ids, cum_weights=weights, k=number)


def evening(
    stand: Stand, contender: Contender, *, scale: float, workers: int = 2, commit_ms: float = 0.0
) -> Measurement:
    """Run it; with `commit_ms` every commit takes so much longer."""
    number = max(round(BOOKINGS * scale), 40)
    chance = random.Random(number)
    with stand.running(contender, workers=workers) as running:
        warm_up(running, scale)
        sessions = running.studio.sessions(max(round(SESSIONS * scale), 10), capacity=CAPACITY)
        people = payers(running, max(round(MEMBERS * scale), 20))
        running.studio.settle_statistics()
        jobs = [
            booking(session_id, chance.choice(people), f"evening-{n}", cancels=chance.random() < CANCEL_SHARE)
            for n, session_id in enumerate(wanted(sessions, number))
        ]
        told, figures = driven(stand, running, jobs, clients=CLIENTS, seed=number, commit_ms=commit_ms)
        parameters: Parameters = {"bookings": number, "workers": workers, "commit_ms": commit_ms}
        return Measurement("evening", contender.name, parameters, figures, audited(running, [told]))
