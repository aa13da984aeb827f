"""A trickle: 50,000 sessions, one booking each. Nothing can be done in batches, so each command pays for everything.

Requests are answered when they are accepted; the workers serve meanwhile. The peers, whose rate is steady, get a tenth
of the commands. What is left in Redis when all is done is counted too.
"""

import time

from redis import Redis

from benchmarks.contenders import SEATLINE, Contender
from benchmarks.results import Measurement
from benchmarks.scenarios.measuring import (
    audited,
    booking,
    driven,
    payers,
    warm_up,
)
from benchmarks.stand.stand import Stand

SESSIONS = 50_000
SESSIONS_A_MEMBER = 10  # what the pass of each pays for
CLIENTS = 64
PEERS_SHARE = 0.1


def trickle(stand: Stand, contender: Contender, *, scale: float) -> Measurement:
    """Run it; `seconds` end when the last command has its outcome."""
    share = 1.0 if contender is SEATLINE else PEERS_SHARE
    number = max(round(SESSIONS * scale * share), 20) // SESSIONS_A_MEMBER * SESSIONS_A_MEMBER
    with stand.running(contender) as running:
        warm_up(running, scale)
        sessions = running.studio.sessions(number, capacity=5)
        people = [one for one in payers(running, number // SESSIONS_A_MEMBER) for _ in range(SESSIONS_A_MEMBER)]
        running.studio.settle_statistics()
        jobs = [
            booking(session_id, payer, f"trickle-{n}", wait=False, follows=False)
            for n, (session_id, payer) in enumerate(zip(sessions, people, strict=True))
        ]
        began = time.monotonic()
        told, figures = driven(stand, running, jobs, clients=CLIENTS)
        figures["accept_rate_per_second"] = len(told.accept) / told.seconds
        figures["seconds"] = time.monotonic() - began
        figures["rate_per_second"] = len(told.trace) / figures["seconds"]
        figures["keys_left"] = _keys_of_sessions(stand)
        return Measurement("trickle", contender.name, {"sessions": number}, figures, audited(running, [told]))


def _keys_of_sessions(stand: Stand) -> int:
    redis = Redis.from_url(stand.data.redis_url, decode_responses=True)
    return sum(1 for key in redis.scan_iter(count=1000) if str(key).startswith(("lane:", "session.", "session:")))
