"""A soak: many commands in rounds, and after each round how much memory the processes hold. Flat is what is wanted.

Each round is a trickle and a hot session together, on new sessions and members, so that whatever is kept for one of
them would add up.
"""

from collections.abc import Generator

from benchmarks.contenders import SEATLINE
from benchmarks.results import Measurement
from benchmarks.scenarios.measuring import booking, memory_figures, payers, until_settled, warm_up
from benchmarks.stand import meters
from benchmarks.stand.stand import Stand

COMMANDS = 1_000_000
ROUNDS = 20
CLIENTS = 64
SESSIONS_A_ROUND = 0.1  # for each command
TRICKLES_EVERY = 5  # one command in so many is for one of those sessions, the others are for one hot session


def soak(stand: Stand, *, scale: float) -> Generator[Measurement, None, None]:
    """Yield a measurement after each round; `commands` counts those of all rounds so far."""
    a_round = max(round(COMMANDS * scale / ROUNDS), 40)
    with stand.running(SEATLINE) as running:
        warm_up(running, scale)
        for number in range(ROUNDS):
            first = 10 + number * (round(a_round * SESSIONS_A_ROUND) // 20 + 1)
            ids = running.studio.sessions(max(round(a_round * SESSIONS_A_ROUND), 2), capacity=12, first_day=first)
            people = payers(running, a_round)
            jobs = [
                booking(
                    ids[0] if n % TRICKLES_EVERY else ids[n // TRICKLES_EVERY % len(ids)],
                    payer,
                    f"soak-{number}-{n}",
                    wait=n % 10 == 0,
                    follows=False,
                )
                for n, payer in enumerate(people)
            ]
            told = running.drive(jobs, clients=CLIENTS, give_up_seconds=36_000)
            assert not told.errors, told.errors[:1]
            until_settled(running, seconds_max=3600)
            figures = memory_figures(meters.memory_mb(running.roots))
            figures["rate_per_second"] = len(told.trace) / told.seconds
            yield Measurement("soak", "seatline", {"commands": a_round * (number + 1)}, figures)
