"""Latencies in short: how many, the median, the slow ones. Seconds in, seconds out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Latencies:
    """A summary; all values are 0 when there was nothing to measure. Percentiles are measured values (nearest rank)."""

    count: int
    p50: float
    p99: float
    longest: float


def summed_up(seconds: Sequence[float]) -> Latencies:
    """Return the summary of these measurements."""
    if not seconds:
        return Latencies(0, 0.0, 0.0, 0.0)
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return ordered[max(ceil(share * len(ordered)) - 1, 0)]

    return Latencies(len(ordered), rank(0.50), rank(0.99), ordered[-1])


def milliseconds(seconds: float) -> str:
    """Return a duration for people, in milliseconds, that no line break parts."""
    return f"{seconds * 1000:,.0f}\N{NO-BREAK SPACE}ms"
