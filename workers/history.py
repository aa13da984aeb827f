"""The last hour in small samples, for charts: a capped list in Redis, newest first. A hint like everything there.

Whoever sweeps takes a sample, one in about ten seconds by Redis' own clock, however many beats call for sweeps.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from psycopg_pool import ConnectionPool
from redis import Redis

from domain.outcomes import CommandStatus
from storage.database import Db
from storage.queries.health import oldest_due_seconds, open_deliveries
from storage.queries.waiting import waiting_now
from workers.hints import hint
from workers.metrics import ACCEPTED, DELIVERY, read_counters

HISTORY = "seatline:history"
SAMPLED = "seatline:history:sampled"
SAMPLE_SECONDS = 10
APART_MILLISECONDS = 9_500  # sweeps are asked for every second, so this makes it ten
SAMPLES_MAX = 360
HISTORY_SECONDS = SAMPLE_SECONDS * SAMPLES_MAX


@dataclass(frozen=True, slots=True)
class Sample:
    """How things were at `at` (Unix seconds, the sampler's clock).

    `accepted`, `settled` and `sent` count from when Redis was last wiped; the others are as they were then.
    """

    at: float
    accepted: int
    settled: int
    sent: int
    waiting: int
    sessions: int
    oldest_seconds: float
    due: int
    oldest_due_seconds: float


def take_sample(pool: ConnectionPool[Db], redis: Redis) -> bool:
    """Take a sample unless one was taken just now; tell whether it was.

    Dying in the middle leaves a gap of one sample. Raises psycopg's errors when the database is away.
    """
    taken = False
    with hint("take a sample"):
        if redis.set(SAMPLED, 1, nx=True, px=APART_MILLISECONDS):
            sample = _measure(pool, read_counters(redis))
            with redis.pipeline(transaction=False) as pipe:
                pipe.lpush(HISTORY, json.dumps(asdict(sample)))
                pipe.ltrim(HISTORY, 0, SAMPLES_MAX - 1)
                pipe.expire(HISTORY, HISTORY_SECONDS)
                pipe.execute()
            taken = True
    return taken


def _measure(pool: ConnectionPool[Db], counters: Mapping[str, int]) -> Sample:
    with pool.connection() as db:
        waiting, deliveries, late = waiting_now(db), open_deliveries(db), oldest_due_seconds(db)
    return Sample(
        at=round(time.time(), 3),
        accepted=counters.get(ACCEPTED, 0),
        settled=settled_so_far(counters),
        sent=sent_so_far(counters),
        waiting=waiting.commands,
        sessions=waiting.sessions,
        oldest_seconds=round(waiting.oldest_seconds, 3),
        due=sum(count for (_, _, status), count in deliveries.items() if status == "due"),
        oldest_due_seconds=round(max(late.values(), default=0.0), 3),
    )


def settled_so_far(counters: Mapping[str, int]) -> int:
    """Return how many commands were settled since Redis was last wiped."""
    return sum(counters.get(f"settled:{status}", 0) for status in CommandStatus)


def sent_so_far(counters: Mapping[str, int]) -> int:
    """Return how many deliveries were sent since Redis was last wiped."""
    return sum(n for name, n in counters.items() if name.startswith(f"{DELIVERY}:") and name.endswith(":sent"))


def history(redis: Redis) -> list[Sample]:
    """Return the samples of the last hour, the oldest first; what another version wrote otherwise is passed over."""
    oldest = time.time() - HISTORY_SECONDS
    found = [_read(str(text)) for text in redis.lrange(HISTORY, 0, SAMPLES_MAX - 1)]
    return sorted((one for one in found if one is not None and one.at >= oldest), key=lambda one: one.at)


def _read(text: str) -> Sample | None:
    said = json.loads(text)
    try:
        return Sample(**{field.name: said[field.name] for field in fields(Sample)})
    except KeyError:
        return None
