"""Counters of everything that happens, kept in one Redis hash, so that any API process can show them all.

They start again from zero when Redis is wiped, as Prometheus expects of counters. What can be asked of the database
(lanes waiting, deliveries that are open) is not counted here but read when asked.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from redis import Redis

COUNTERS = "seatline:counters"

ACCEPTED = "accepted"

BATCH_SIZE_BUCKETS = (1, 2, 5, 10, 25, 50, 100, 250)
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
DELIVERY_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0)
"""Upper bounds: commands a batch; seconds from accepted to applied; seconds from a notice to its delivery sent.

Above the last comes `+Inf`. What waits for the morning, or for a provider that is back, lies in the last few.
"""

DELIVERY = "delivery"
ATTEMPT = "attempt"
DELIVERED_SECONDS = "delivered_seconds"
"""First parts of the fields about deliveries; channel, kind, status, provider and outcome follow after colons."""


class Counts(Counter[str]):
    """Counts of one batch by field name, with histograms as one field for each bucket and one for the sum."""

    def observe(self, name: str, buckets: tuple[float, ...], values: Iterable[float]) -> None:
        """Add values to a histogram. Sums are kept in whole millionths, as the hash counts integers."""
        for value in values:
            at = bisect_left(buckets, value)
            self[f"{name}:{buckets[at] if at < len(buckets) else '+Inf'}"] += 1
            self[f"{name}:sum"] += round(value * 1_000_000)

    def delivered(self, channel: str, kind: str, status: str, seconds: float | None = None) -> None:
        """Count a delivery that was settled as `sent`, `failed` or `dropped`.

        `seconds` is the time from the notice to the provider's yes; None for one that was not sent.
        """
        self[f"{DELIVERY}:{channel}:{kind}:{status}"] += 1
        if seconds is not None:
            self.observe(f"{DELIVERED_SECONDS}:{channel}", DELIVERY_BUCKETS, (seconds,))

    def attempted(self, channel: str, provider: str, outcome: str) -> None:
        """Count one call of a provider, which came to `sent`, `try_again` or `give_up`."""
        self[f"{ATTEMPT}:{channel}:{provider}:{outcome}"] += 1


def add_counts(redis: Redis, counts: Counts) -> None:
    """Add these counts to what was counted so far, in one round trip."""
    if not counts:
        return
    with redis.pipeline(transaction=False) as pipe:
        for field, count in counts.items():
            pipe.hincrby(COUNTERS, field, count)
        pipe.execute()


def read_counters(redis: Redis) -> dict[str, int]:
    """Return every counter by its field name."""
    return {str(field): int(count) for field, count in redis.hgetall(COUNTERS).items()}
