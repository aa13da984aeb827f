"""A rush: 5,000 members want the 100 places of one session, 64 at once; a tenth gives back what came of it.

Of twenty requests nineteen wait for their outcome; one is answered when it is accepted and asked for afterwards. The
figure that counts is `seconds`: from the first request until the last member knows the outcome.
"""

import subprocess
import time

from benchmarks.contenders import Contender
from benchmarks.results import Measurement, Parameters
from benchmarks.scenarios.measuring import (
    audited,
    booking,
    driven,
    latency_figures,
    payers,
    until_settled,
    warm_up,
)
from benchmarks.stand.load import Job
from benchmarks.stand.stand import Running, Stand

MEMBERS = 5_000
PLACES = 100
CLIENTS = 64
IDLE_COMMANDS = 200
GIVE_UP_SECONDS = 45.0


def rush(stand: Stand, contender: Contender, *, scale: float, workers: int = 2, commit_ms: float = 0.0) -> Measurement:
    """Run it; with `commit_ms` every commit takes so much longer."""
    members = max(round(MEMBERS * scale), 20)
    with stand.running(contender, workers=workers) as running:
        warm_up(running, scale)
        idle = _idle(running, max(round(IDLE_COMMANDS * scale), 10))
        jobs = _jobs(running, members)
        told, figures = driven(stand, running, jobs, clients=CLIENTS, seed=members, commit_ms=commit_ms)
        figures |= idle
        parameters: Parameters = {"members": members, "workers": workers, "commit_ms": commit_ms}
        return Measurement("rush", contender.name, parameters, figures, audited(running, [told]))


def crash(stand: Stand, contender: Contender, *, scale: float) -> Measurement:
    """Run a smaller rush in which every worker is killed once, when a third is accepted, and started again.

    Nothing may be lost or doubled. Where the web server does the work its processes are killed.

    The clients give up after 45 s; what has no outcome by then counts as `unsettled`.
    """
    members = max(round(MEMBERS * scale / 2), 20)
    with stand.running(contender) as running:
        warm_up(running, scale)
        client = running.begin(_jobs(running, members), clients=CLIENTS, seed=members, give_up_seconds=GIVE_UP_SECONDS)
        _until_accepted(running, members // 3, client[0])
        running.kill_workers()
        told = running.finish(client)
        until_settled(running, seconds_max=5.0)
        figures = {"seconds": told.seconds, "commands": float(len(told.trace)), "errors": float(len(told.errors))}
        return Measurement("crash", contender.name, {"members": members}, figures, audited(running, [told]))


def _until_accepted(running: Running, number: int, client: subprocess.Popen[bytes]) -> None:
    """Wait until so many commands of the rush are in the log, or the clients are through."""
    query = "SELECT count(*) >= %s FROM commands WHERE idempotency_key LIKE 'rush-%%'"
    while client.poll() is None and running.db.execute(query, (number,)).fetchone() != (True,):
        time.sleep(0.01)


def _idle(running: Running, commands: int) -> dict[str, float]:
    """Return the latencies of one client that comes when nobody else does."""
    (session_id,) = running.studio.sessions(1, capacity=commands)
    people = payers(running, commands)
    running.studio.settle_statistics()
    jobs = [booking(session_id, payer, f"idle-{n}", wait=n % 2 == 0) for n, payer in enumerate(people)]
    told = running.drive(jobs, clients=1)
    return {**latency_figures("idle_accept", told.accept), **latency_figures("idle_outcome", told.outcome)}


def _jobs(running: Running, members: int) -> list[Job]:
    (session_id,) = running.studio.sessions(1, capacity=max(members * PLACES // MEMBERS, 2))
    people = payers(running, members)
    running.studio.settle_statistics()
    return [
        booking(session_id, payer, f"rush-{n}", wait=n % 20 != 0, cancels=n % 10 == 5) for n, payer in enumerate(people)
    ]
