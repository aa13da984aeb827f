"""Counters of everything that happens, kept in one Redis hash, so that any API process can show them all.

They start again from zero when Redis is wiped, as Prometheus expects of counters. What can be asked of the database
(lanes waiting, deliveries by state) is not counted here but read when asked.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from redis import Redis

COUNTERS = "seatline:counters"

ACCEPTED = "accepted"

BATCH_SIZE_BUCKETS = (1, 2, 5, 10, 25, 50, 100, 250)
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds: commands a batch; seconds from accepted to applied. Above the last comes `+Inf`."""


class Counts(Counter[str]):
    """Counts of one batch by field name, with histograms as one field for each bucket and one for the sum."""

    def observe(self, name: str, buckets: tuple[float, ...], values: Iterable[float]) -> None:
        """Add values to a histogram. Sums are kept in whole millionths, as the hash counts integers."""
        for value in values:
            at = bisect_left(buckets, value)
            self[f"{name}:{buckets[at] if at < len(buckets) else '+Inf'}"] += 1
            self[f"{name}:sum"] += round(value * 1_000_000)


def read_counters(redis: Redis) -> dict[str, int]:
    """Return every counter by its field name."""
    return {str(field): int(count) for field, count in redis.hgetall(COUNTERS).items()}
