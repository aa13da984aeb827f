"""The figures at `/metrics`, read when they are asked for; any API process shows the figures of the whole.

| name | what |
|---|---|
| `seatline_commands_accepted_total` | commands accepted |
| `seatline_commands_settled_total{status}` | commands settled as `applied`, `refused` or `failed` |
| `seatline_refusals_total{reason}` | reasons given for refusing; one command may have several |
| `seatline_batch_size` | histogram: commands settled in one transaction |
| `seatline_accept_to_applied_seconds` | histogram: from accepted to settled |
| `seatline_lanes_waiting` | sessions with commands waiting |
| `seatline_oldest_waiting_seconds` | age of the oldest waiting command |
| `seatline_deliveries{status}` | deliveries that are `due`, `sending`, `failed` or `dropped` |
| `seatline_postgres_up`, `seatline_redis_up` | 1 while the server answers |

Counters and histograms are kept in Redis and start again from zero when it is wiped. What a server that is away
would have said is left out.
"""

from collections.abc import Iterable, Iterator

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError
from structlog import get_logger

from api.services import Services
from domain.outcomes import CommandStatus
from storage.queries.health import backlog, deliveries_not_sent
from workers.metrics import ACCEPTED, BATCH_SIZE_BUCKETS, LATENCY_BUCKETS, read_counters

SETTLED = (CommandStatus.APPLIED, CommandStatus.REFUSED, CommandStatus.FAILED)
NOT_SENT = ("due", "sending", "failed", "dropped")
MILLIONTHS = 1_000_000  # the histograms' sums are kept in these

log = get_logger()


def render(services: Services) -> bytes:
    """Return all figures in Prometheus' text form; a server that is away only silences its own."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(services))
    return generate_latest(registry)


class _Figures(Collector):
    """Reads everything anew for each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterable[Metric]:
        """Promise nothing beforehand, so that registering asks no server."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of Redis, then those of Postgres."""
        try:
            counters = read_counters(self._services.redis)
        except RedisError as error:
            log.warning("redis does not answer", error=str(error))
            yield _gauge("seatline_redis_up", "Whether Redis answers.", 0)
        else:
            yield _gauge("seatline_redis_up", "Whether Redis answers.", 1)
            yield from _from_counters(counters)
        try:
            waiting, deliveries = self._services.ask(lambda db: (backlog(db), deliveries_not_sent(db)))
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("postgres does not answer", error=str(error))
            yield _gauge("seatline_postgres_up", "Whether Postgres answers.", 0)
        else:
            yield _gauge("seatline_postgres_up", "Whether Postgres answers.", 1)
            yield _gauge("seatline_lanes_waiting", "Sessions with commands waiting.", waiting.lanes)
            yield _gauge(
                "seatline_oldest_waiting_seconds", "Age of the oldest waiting command.", waiting.oldest_age_seconds
            )
            states = GaugeMetricFamily("seatline_deliveries", "Deliveries not sent.", labels=["status"])
            for status in NOT_SENT:
                states.add_metric([status], deliveries.get(status, 0))
            yield states


def _from_counters(counters: dict[str, int]) -> Iterator[Metric]:
    accepted = CounterMetricFamily("seatline_commands_accepted", "Commands accepted.")
    accepted.add_metric([], counters.get(ACCEPTED, 0))
    settled = CounterMetricFamily("seatline_commands_settled", "Commands settled.", labels=["status"])
    for status in SETTLED:
        settled.add_metric([status], counters.get(f"settled:{status}", 0))
    refusals = CounterMetricFamily("seatline_refusals", "Reasons given for refusing.", labels=["reason"])
    for field in sorted(field for field in counters if field.startswith("refused:")):
        refusals.add_metric([field.removeprefix("refused:")], counters[field])
    yield from (accepted, settled, refusals)
    sizes = _buckets(counters, "batch_size", BATCH_SIZE_BUCKETS)
    yield _histogram(counters, "batch_size", sizes, "seatline_batch_size", "Commands in one transaction.")
    waits = _buckets(counters, "applied_seconds", LATENCY_BUCKETS)
    yield _histogram(
        counters, "applied_seconds", waits, "seatline_accept_to_applied_seconds", "From accepted to settled."
    )


def _buckets(counters: dict[str, int], field: str, bounds: tuple[float, ...]) -> list[tuple[str, float]]:
    """Return the histogram's buckets, cumulative as Prometheus wants them."""
    total, buckets = 0, []
    for bound in bounds:
        total += counters.get(f"{field}:{bound}", 0)
        buckets.append((str(float(bound)), float(total)))
    return [*buckets, ("+Inf", float(total + counters.get(f"{field}:+Inf", 0)))]


def _histogram(counters: dict[str, int], field: str, buckets: list[tuple[str, float]], name: str, about: str) -> Metric:
    histogram = HistogramMetricFamily(name, about)
    histogram.add_metric([], buckets=buckets, sum_value=counters.get(f"{field}:sum", 0) / MILLIONTHS)
    return histogram


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
