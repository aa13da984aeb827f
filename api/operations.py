"""Looks at the whole system once: the database by its indexes, Redis in a few round trips."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from redis import Redis, RedisError
from structlog import get_logger

from api.models.operations import (
    ChannelState,
    DatabaseHealth,
    HotSession,
    Moment,
    Operations,
    ProviderState,
    RedisHealth,
    WaitingCommands,
    WorkerProcess,
    Wrong,
)
from api.services import Services
from domain.channels import Channel
from storage.database import Db
from storage.queries.backlog import BacklogLimits, limits_of, look_at_backlog
from storage.queries.health import DatabaseState, database_state, oldest_due_seconds, open_deliveries
from storage.queries.waiting import Waiting, waiting_now
from workers.heartbeat import Worker, workers_now
from workers.history import SAMPLE_SECONDS, Sample, history
from workers.metrics import ATTEMPT, read_counters
from workers.queues import QueueName

COMMANDS_LATE_SECONDS = 30.0
DELIVERIES_LATE_SECONDS = 300.0
NO_SWEEP_SECONDS = 60.0
RATE_OVER_SECONDS = 60.0
GAP_SECONDS = 4 * SAMPLE_SECONDS  # two samples further apart say nothing of the time between

_CHANNELS = tuple(channel for channel in Channel if channel is not Channel.IN_APP)

log = get_logger()


@dataclass(frozen=True, slots=True)
class _InDatabase:
    waiting: Waiting
    channels: list[ChannelState]
    state: DatabaseState
    turns_away: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _InRedis:
    workers: Sequence[Worker]
    samples: Sequence[Sample]
    providers: list[ProviderState]
    tokens: int
    health: RedisHealth


def look(services: Services) -> Operations:
    """Return how the system runs. Raises psycopg's `OperationalError` when the database is away."""
    now = time.time()
    limits = limits_of(services.settings)
    in_database = services.ask(lambda db: _ask_database(db, limits))
    try:
        in_redis = _ask_redis(services.redis)
    except (RedisError, OSError) as error:
        log.warning("redis does not answer", error=str(error))
        in_redis = None
    samples = in_redis.samples if in_redis else ()
    last_minute = _rates_over_the_last_minute(samples, now)
    return Operations(
        at=_instant(now),
        wrong=_wrong(in_database, in_redis, now),
        accepted_per_second=last_minute[0] if last_minute else None,
        settled_per_second=last_minute[1] if last_minute else None,
        waiting=_waiting(in_database.waiting),
        tokens=in_redis.tokens if in_redis else None,
        workers=[_worker(one) for one in in_redis.workers] if in_redis else None,
        channels=in_database.channels,
        providers=in_redis.providers if in_redis else None,
        database=DatabaseHealth(
            version=in_database.state.version,
            milliseconds=in_database.milliseconds,
            connections=in_database.state.connections,
            connections_max=in_database.state.connections_max,
        ),
        redis=in_redis.health if in_redis else None,
        last_hour=moments(samples),
    )


def _ask_database(db: Db, limits: BacklogLimits) -> _InDatabase:
    began = time.perf_counter()
    waiting, state, turns_away = waiting_now(db), database_state(db), look_at_backlog(db, limits).turns_away
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for (channel, _, status), count in open_deliveries(db).items():
        counts[channel, status] += count
    late = oldest_due_seconds(db)
    channels = [
        ChannelState(
            channel=channel,
            due=counts[channel, "due"],
            sending=counts[channel, "sending"],
            failed=counts[channel, "failed"],
            late_seconds=late.get(channel, 0.0),
        )
        for channel in _CHANNELS
    ]
    return _InDatabase(waiting, channels, state, turns_away, _milliseconds_since(began))


def _ask_redis(redis: Redis) -> _InRedis:
    began = time.perf_counter()
    counters, workers, samples = read_counters(redis), workers_now(redis), history(redis)
    tokens, info = int(redis.llen(QueueName.SESSIONS)), redis.info()
    health = RedisHealth(
        version=f"{info.get('server_name', 'redis')} {info.get('valkey_version', info.get('redis_version', ''))}",
        milliseconds=_milliseconds_since(began),
        memory_bytes=int(info.get("used_memory", 0)),
        clients=int(info.get("connected_clients", 0)),
        eviction=str(info.get("maxmemory_policy", "")),
    )
    return _InRedis(workers, samples, _providers(counters), tokens, health)


def _providers(counters: Mapping[str, int]) -> list[ProviderState]:
    calls: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for field, count in counters.items():
        match field.split(":"):
            case [name, channel, provider, outcome] if name == ATTEMPT:
                calls[channel, provider][outcome] = count
    return [
        ProviderState(
            channel=channel,
            provider=provider,
            sent=by.get("sent", 0),
            try_again=by.get("try_again", 0),
            give_up=by.get("give_up", 0),
        )
        for (channel, provider), by in sorted(calls.items())
    ]


def _wrong(in_database: _InDatabase, in_redis: _InRedis | None, now: float) -> list[Wrong]:
    """Return what needs somebody's hand, the most urgent first; what cannot be known is not claimed."""
    found = []
    if in_redis is None:
        found.append(Wrong.REDIS_AWAY)
    else:
        read = {queue for worker in in_redis.workers for queue in worker.queues}
        last = in_redis.samples[-1].at if in_redis.samples else 0.0
        found += [Wrong.NO_WORKER] * (QueueName.SESSIONS not in read)
        found += [Wrong.NO_SWEEP] * (QueueName.SESSIONS in read and now - last > NO_SWEEP_SECONDS)
        found += [Wrong.NO_NOTIFIER] * (QueueName.NOTIFICATIONS not in read)
    channels = in_database.channels
    found += [Wrong.BACKLOG_FULL] * in_database.turns_away
    found += [Wrong.COMMANDS_LATE] * (in_database.waiting.oldest_seconds > COMMANDS_LATE_SECONDS)
    found += [Wrong.DELIVERIES_LATE] * any(one.late_seconds > DELIVERIES_LATE_SECONDS for one in channels)
    found += [Wrong.DELIVERIES_FAILED] * any(one.failed for one in channels)
    return found


def _waiting(waiting: Waiting) -> WaitingCommands:
    return WaitingCommands(
        commands=waiting.commands,
        sessions=waiting.sessions,
        at_least=waiting.at_least,
        oldest_seconds=waiting.oldest_seconds,
        hottest=[
            HotSession(
                id=one.id,
                name=one.name,
                starts_at=one.starts_at,
                waiting=one.waiting,
                at_least=one.at_least,
                oldest_seconds=one.oldest_seconds,
            )
            for one in waiting.hottest
        ],
    )


def _worker(worker: Worker) -> WorkerProcess:
    return WorkerProcess(
        name=worker.name,
        host=worker.host,
        pid=worker.pid,
        queues=list(worker.queues),
        started_at=_instant(worker.started_at),
        busy_with=worker.busy_with,
        session_id=UUID(worker.session_id) if worker.session_id else None,
        busy_since=None if worker.busy_since is None else _instant(worker.busy_since),
        settled=worker.settled,
    )


def moments(samples: Sequence[Sample]) -> list[Moment]:
    """Return the samples with rates; the first has none, nor has one after a gap or after Redis was wiped."""
    return [
        Moment(
            at=_instant(this.at),
            accepted_per_second=_rate(before.accepted, this.accepted, this.at - before.at),
            settled_per_second=_rate(before.settled, this.settled, this.at - before.at),
            sent_per_second=_rate(before.sent, this.sent, this.at - before.at),
            waiting=this.waiting,
            sessions=this.sessions,
            oldest_seconds=this.oldest_seconds,
            due=this.due,
            late_seconds=this.oldest_due_seconds,
        )
        for before, this in pairwise(samples)
        if 0 < this.at - before.at <= GAP_SECONDS and this.accepted >= before.accepted
    ]


def _rates_over_the_last_minute(samples: Sequence[Sample], now: float) -> tuple[float, float] | None:
    """Return what was accepted and settled a second; None where too little is known."""
    recent = [one for one in samples if one.at >= now - RATE_OVER_SECONDS - SAMPLE_SECONDS]
    if len(recent) < 2 or recent[-1].accepted < recent[0].accepted:  # noqa: PLR2004 - a rate lies between two
        return None
    first, last = recent[0], recent[-1]
    seconds = last.at - first.at
    return _rate(first.accepted, last.accepted, seconds), _rate(first.settled, last.settled, seconds)


def _rate(before: int, after: int, seconds: float) -> float:
    return round(max(after - before, 0) / max(seconds, 0.001), 3)


def _milliseconds_since(began: float) -> float:
    return round(1000 * (time.perf_counter() - began), 1)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
