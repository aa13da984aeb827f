"""A backlog: 20,000 commands wait, for one session or for 1,000, when the workers are started.

They were accepted over HTTP while no worker ran, so that this measures accepting alone first and serving alone then.
Who has no queue cannot have a backlog: there the same requests are sent, and what counts is how fast they are through.
The other peers, whose rate is steady, get a fifth of the commands.
"""

import time
from uuid import UUID

from benchmarks.contenders import EMPTY_ROUTE, SEATLINE, Contender
from benchmarks.results import Measurement, Parameters
from benchmarks.scenarios.measuring import (
    audited,
    booking,
    latency_figures,
    payers,
    until_settled,
    used,
    warm_up,
)
from benchmarks.stand.load import Job
from benchmarks.stand.stand import Running, Stand, reading

COMMANDS = 20_000
CAPACITY = 100
CLIENTS = 64
PEERS_SHARE = 0.2
COMMANDS_A_MEMBER = 10  # where there are many sessions; what the pass of each pays for


def backlog(
    stand: Stand, contender: Contender, *, scale: float, sessions: int, workers: int = 2, commit_ms: float = 0.0
) -> Measurement:
    """Accept, start the workers, wait until all is settled."""
    share = 1.0 if contender is SEATLINE else PEERS_SHARE
    number = max(round(COMMANDS * scale * share), 40)
    sessions = min(sessions, number // 4)
    with stand.running(contender, working=False) as running:
        if not contender.queues:
            warm_up(running, scale)
        jobs = _jobs(running, number, sessions)
        running.client_cpu_seconds = 0.0
        with stand.commit_latency(commit_ms):
            before = reading(running)
            told = running.drive(jobs, clients=CLIENTS)
            figures = {
                "commands": len(told.trace),
                "accept_rate_per_second": len(told.accept) / told.seconds,
                **latency_figures("accept", told.accept),
                **_accepting(used(running, before, len(told.trace), running.client_cpu_seconds)),
            }
            stand.start_workers(running, workers)
            served = len(told.trace)
            if contender.queues:
                served -= _settled_first(running)
                before = reading(running)
            until_settled(running, seconds_max=1800)
        figures |= {"rate_per_second": _rate(running), **used(running, before, served)}
        parameters: Parameters = {"sessions": sessions, "commands": number, "workers": workers, "commit_ms": commit_ms}
        name = "backlog of one session" if sessions == 1 else "backlog of many sessions"
        return Measurement(name, contender.name, parameters, figures, audited(running, [told]))


def accepting_nothing(stand: Stand, *, scale: float) -> Measurement:
    """Send the same requests to an empty route."""
    number = max(round(COMMANDS * scale), 40)
    with stand.running(EMPTY_ROUTE) as running:
        told = running.drive(_jobs(running, number, 1), clients=CLIENTS)
        assert not told.errors, told.errors[:1]
        figures = {"accept_rate_per_second": len(told.accept) / told.seconds, **latency_figures("accept", told.accept)}
        return Measurement("accept", EMPTY_ROUTE.name, {"commands": number}, figures)


def _jobs(running: Running, number: int, sessions: int) -> list[Job]:
    """Return bookings without a wait, spread over the sessions; each member books each session once at most."""
    ids: list[UUID] = running.studio.sessions(sessions, capacity=CAPACITY if sessions == 1 else 12)
    each = 1 if sessions == 1 else COMMANDS_A_MEMBER
    people = [one for one in payers(running, -(-number // each)) for _ in range(each)]
    running.studio.settle_statistics()
    return [booking(ids[n % sessions], people[n], f"backlog-{n}", wait=False, follows=False) for n in range(number)]


def _settled_first(running: Running) -> int:
    """Wait for the first outcomes, so that what workers need to start is not counted; return how many there are."""
    query = "SELECT count(*) FROM commands WHERE applied_at IS NOT NULL"
    while True:
        row = running.db.execute(query).fetchone()
        if row is not None and row[0]:
            return int(row[0])
        time.sleep(0.02)


def _rate(running: Running) -> float:
    """Return how many commands were settled a second between the first and the last settled one."""
    row = running.db.execute(
        """
        SELECT count(*) FILTER (WHERE applied_at > first), extract(epoch FROM max(applied_at) - min(first))::float
          FROM commands, (SELECT min(applied_at) AS first FROM commands WHERE idempotency_key LIKE 'backlog-%') AS began
         WHERE idempotency_key LIKE 'backlog-%'
        """
    ).fetchone()
    assert row is not None
    return float(row[0] / row[1]) if row[1] else 0.0


def _accepting(figures: dict[str, float]) -> dict[str, float]:
    """Name what accepting used apart from what serving uses."""
    return {f"accept_{name}": value for name, value in figures.items() if not name.startswith("memory")}
