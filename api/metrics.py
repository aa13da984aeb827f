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
| `seatline_commands_waiting` | commands waiting, counted up to `SEATLINE_BACKLOG_MAX` |
| `seatline_backlog_full` | 1 while members' commands are turned away, for one session at least |
| `seatline_deliveries_open{channel,kind,status}` | deliveries that are `due`, `sending` or `failed` |
| `seatline_oldest_due_delivery_seconds{channel}` | how long the delivery that waits longest could have gone out |
| `seatline_deliveries_settled_total{channel,kind,status}` | deliveries settled as `sent`, `failed` or `dropped` |
| `seatline_delivery_attempts_total{channel,provider,outcome}` | calls of a provider: `sent`, `try_again`, `give_up` |
| `seatline_delivery_seconds{channel}` | histogram: from a notice written to its delivery sent |
| `seatline_workers{queue}` | worker processes that read the queue and said so within the last 15 s |
| `seatline_postgres_up`, `seatline_redis_up` | 1 while the server answers |

Counters and histograms are kept in Redis and start again from zero when it is wiped. What a server that is away
would have said is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError
from structlog import get_logger

from api.services import Services
from domain.channels import Channel
from domain.notices import NoticeKind
from domain.outcomes import CommandStatus
from storage.queries.backlog import Fullness, limits_of, look_at_backlog
from storage.queries.health import Backlog, backlog, oldest_due_seconds, open_deliveries
from workers.heartbeat import Worker, workers_now
from workers.metrics import (
    ACCEPTED,
    ATTEMPT,
    BATCH_SIZE_BUCKETS,
    DELIVERED_SECONDS,
    DELIVERY,
    DELIVERY_BUCKETS,
    LATENCY_BUCKETS,
    read_counters,
)
from workers.queues import QueueName

SETTLED = (CommandStatus.APPLIED, CommandStatus.REFUSED, CommandStatus.FAILED)
CHANNELS = tuple(channel for channel in Channel if channel is not Channel.IN_APP)
OPEN = ("due", "sending", "failed")
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
            counters, workers = read_counters(self._services.redis), workers_now(self._services.redis)
        except RedisError as error:
            log.warning("redis does not answer", error=str(error))
            yield _gauge("seatline_redis_up", "Whether Redis answers.", 0)
        else:
            yield _gauge("seatline_redis_up", "Whether Redis answers.", 1)
            yield from _from_counters(counters)
            yield _of_workers(workers)
        try:
            limits = limits_of(self._services.settings)
            waiting, fullness, deliveries, oldest_due = self._services.ask(
                lambda db: (backlog(db), look_at_backlog(db, limits), open_deliveries(db), oldest_due_seconds(db))
            )
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("postgres does not answer", error=str(error))
            yield _gauge("seatline_postgres_up", "Whether Postgres answers.", 0)
        else:
            yield _gauge("seatline_postgres_up", "Whether Postgres answers.", 1)
            yield from _from_backlog(waiting, fullness)
            yield from _from_deliveries(deliveries, oldest_due)


def _from_backlog(waiting: Backlog, fullness: Fullness) -> Iterator[Metric]:
    yield _gauge("seatline_lanes_waiting", "Sessions with commands waiting.", waiting.lanes)
    yield _gauge("seatline_oldest_waiting_seconds", "Age of the oldest waiting command.", waiting.oldest_age_seconds)
    yield _gauge("seatline_commands_waiting", "Commands waiting, up to the limit.", fullness.waiting)
    yield _gauge("seatline_backlog_full", "Whether members' commands are turned away.", fullness.turns_away)


def _from_deliveries(deliveries: dict[tuple[str, str, str], int], oldest_due: dict[str, float]) -> Iterator[Metric]:
    """Yield what is open. Combinations that hold nothing are shown as 0, so that an alert sees them come back to it."""
    open_ = GaugeMetricFamily("seatline_deliveries_open", "Deliveries open.", labels=["channel", "kind", "status"])
    for labels in sorted({*product(CHANNELS, NoticeKind, OPEN), *deliveries}):
        open_.add_metric(labels, deliveries.get(labels, 0))
    oldest = GaugeMetricFamily(
        "seatline_oldest_due_delivery_seconds", "How long the delivery waits that waits longest.", labels=["channel"]
    )
    for channel in CHANNELS:
        oldest.add_metric([channel], oldest_due.get(channel, 0.0))
    yield from (open_, oldest)


def _of_workers(workers: Sequence[Worker]) -> Metric:
    """Return how many read each queue; a queue that nobody reads is shown as 0, so that an alert sees it."""
    readers = GaugeMetricFamily("seatline_workers", "Worker processes that read the queue.", labels=["queue"])
    for queue in QueueName:
        readers.add_metric([queue], sum(queue in worker.queues for worker in workers))
    return readers


def _from_counters(counters: dict[str, int]) -> Iterator[Metric]:
    accepted = CounterMetricFamily("seatline_commands_accepted", "Commands accepted.")
    accepted.add_metric([], counters.get(ACCEPTED, 0))
    settled = CounterMetricFamily("seatline_commands_settled", "Commands settled.", labels=["status"])
    for status in SETTLED:
        settled.add_metric([status], counters.get(f"settled:{status}", 0))
    refusals = CounterMetricFamily("seatline_refusals", "Reasons given for refusing.", labels=["reason"])
    _add_fields(refusals, counters, "refused")
    yield from (accepted, settled, refusals)
    sizes = HistogramMetricFamily("seatline_batch_size", "Commands in one transaction.")
    _add_histogram(sizes, counters, "batch_size", BATCH_SIZE_BUCKETS)
    waits = HistogramMetricFamily("seatline_accept_to_applied_seconds", "From accepted to settled.")
    _add_histogram(waits, counters, "applied_seconds", LATENCY_BUCKETS)
    yield from (sizes, waits)
    yield from _of_deliveries(counters)


def _of_deliveries(counters: dict[str, int]) -> Iterator[Metric]:
    settled = CounterMetricFamily(
        "seatline_deliveries_settled", "Deliveries settled.", labels=["channel", "kind", "status"]
    )
    _add_fields(settled, counters, DELIVERY)
    attempts = CounterMetricFamily(
        "seatline_delivery_attempts", "Calls of a provider.", labels=["channel", "provider", "outcome"]
    )
    _add_fields(attempts, counters, ATTEMPT)
    seconds = HistogramMetricFamily(
        "seatline_delivery_seconds", "From a notice written to its delivery sent.", labels=["channel"]
    )
    for channel in CHANNELS:
        _add_histogram(seconds, counters, f"{DELIVERED_SECONDS}:{channel}", DELIVERY_BUCKETS, labels=[channel])
    yield from (settled, attempts, seconds)


def _add_fields(family: CounterMetricFamily, counters: dict[str, int], name: str) -> None:
    """Add each counter whose field is this name with its labels after it, as in `delivery:email:reminder:sent`."""
    for field in sorted(field for field in counters if field.startswith(f"{name}:")):
        family.add_metric(field.split(":")[1:], counters[field])


def _buckets(counters: dict[str, int], field: str, bounds: tuple[float, ...]) -> list[tuple[str, float]]:
    """Return the histogram's buckets, cumulative as Prometheus wants them."""
    total, buckets = 0, []
    for bound in bounds:
        total += counters.get(f"{field}:{bound}", 0)
        buckets.append((str(float(bound)), float(total)))
    return [*buckets, ("+Inf", float(total + counters.get(f"{field}:+Inf", 0)))]


def _add_histogram(
    family: HistogramMetricFamily,
    counters: dict[str, int],
    field: str,
    bounds: tuple[float, ...],
    *,
    labels: Sequence[str] = (),
) -> None:
    buckets = _buckets(counters, field, bounds)
    family.add_metric(labels, buckets=buckets, sum_value=counters.get(f"{field}:sum", 0) / MILLIONTHS)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
