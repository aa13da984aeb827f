"""How a request of the queueing peers hears of its outcome: a worker puts it into a list that the request waits at.

A push to one key and a blocking pop are the cheapest that Redis has for it. A client that does not wait leaves the
outcome lying; it is gone after a minute.
"""

import json
import os
from functools import cache

from redis import Redis

from benchmarks.peers.tables import CommandRow
from benchmarks.peers.web import Plain, shown

KEPT_SECONDS = 60


@cache
def redis() -> Redis:
    """Return this process's client; a waiting request holds one of its connections, as long as it takes."""
    return Redis.from_url(os.environ["SEATLINE_REDIS_URL"], decode_responses=True, socket_timeout=None)


def put(command: CommandRow) -> None:
    """Tell the outcome of a settled command."""
    with redis().pipeline(transaction=False) as pipe:
        pipe.lpush(f"outcome:{command.id}", json.dumps(shown(command)))
        pipe.expire(f"outcome:{command.id}", KEPT_SECONDS)
        pipe.execute()


def wait_for(command: CommandRow, seconds: float) -> Plain:
    """Return the command with its outcome, or as it waits when the time is over."""
    if seconds <= 0 or command.status != "waiting":
        return shown(command)
    found = redis().blpop([f"outcome:{command.id}"], timeout=seconds)
    return shown(command) if found is None else dict(json.loads(found[1]))
