"""An overload: commands come at twice the rate that was just measured as the most, whoever is answered or not.

Half of them are for one session, the others for many. What counts is that answers come as soon at the end as at the
beginning, that whoever is turned away is told so at once, that memory stays, and that nothing accepted is lost.
"""

import time

from benchmarks.contenders import SEATLINE
from benchmarks.results import Measurement
from benchmarks.scenarios.measuring import audited, booking, latency_figures, payers, until_settled, used, warm_up
from benchmarks.stand.load import Job
from benchmarks.stand.stand import Running, Stand, reading

COMMANDS = 10_000  # to measure the most; sent at twice the rate that comes of it are four times as many
TIMES = 2.0
SESSIONS = 100
CLIENTS = 64
PATIENCE_SECONDS = 60.0


def overload(stand: Stand, *, scale: float) -> Measurement:
    """Measure the most with 64 clients that wait for each other's answers, then send twice as much."""
    number = max(round(COMMANDS * scale), 40)
    with stand.running(SEATLINE) as running:
        warm_up(running, scale)
        most = _rate(running, number)
        jobs = _jobs(running, 4 * number, "overload")
        before = reading(running)
        told = running.drive(jobs, clients=CLIENTS, per_second=TIMES * most, give_up_seconds=PATIENCE_SECONDS)
        answered = time.monotonic()
        until_settled(running, seconds_max=600.0)
        figures = {
            "most_per_second": most,
            "offered_per_second": TIMES * most,
            "rate_per_second": len(told.trace) / told.seconds,
            "turned_away": len(told.turned_away) / len(jobs),
            **latency_figures("accept", told.accept),
            **latency_figures("turned_away", told.turned_away),
            "settled_after_seconds": time.monotonic() - answered,
            **used(running, before, len(told.trace)),
            "commands": float(len(told.trace)),
            "errors": float(len(told.errors)),
        }
        return Measurement("overload", SEATLINE.name, {"commands": len(jobs)}, figures, audited(running, [told]))


def _rate(running: Running, number: int) -> float:
    """Return how many commands are accepted and settled in a second at most."""
    began = time.monotonic()
    running.drive(_jobs(running, number, "most"), clients=CLIENTS)
    until_settled(running)
    return number / (time.monotonic() - began)


def _jobs(running: Running, number: int, key: str) -> list[Job]:
    ids = running.studio.sessions(SESSIONS, capacity=50, first_day=1 if key == "most" else 30)
    people = payers(running, number)
    running.studio.settle_statistics()
    return [
        booking(ids[0] if n % 2 else ids[n % SESSIONS], payer, f"{key}-{n}", wait=False, follows=False)
        for n, payer in enumerate(people)
    ]
