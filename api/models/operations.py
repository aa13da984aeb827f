"""How the system runs, for those who run it."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from api.models.common import Answer, Instant
from domain.channels import Channel


class Wrong(StrEnum):
    """What is wrong with the system as a whole, by stable codes."""

    REDIS_AWAY = "redis_away"
    NO_WORKER = "no_worker"
    NO_NOTIFIER = "no_notifier"
    NO_SWEEP = "no_sweep"
    BACKLOG_FULL = "backlog_full"
    COMMANDS_LATE = "commands_late"
    DELIVERIES_LATE = "deliveries_late"
    DELIVERIES_FAILED = "deliveries_failed"


class HotSession(Answer):
    """A session with commands waiting."""

    id: UUID
    name: str
    starts_at: Instant
    waiting: int
    at_least: bool = Field(description="Whether more may wait than were counted.")
    oldest_seconds: float


class WaitingCommands(Answer):
    """What waits for the workers."""

    commands: int
    sessions: int
    at_least: bool = Field(description="Whether more may wait than were counted.")
    oldest_seconds: float
    hottest: list[HotSession] = Field(description="The ten sessions where most waits.")


class WorkerProcess(Answer):
    """A worker process, by what it said of itself within the last 15 seconds."""

    name: str
    host: str
    pid: int
    queues: list[str]
    started_at: Instant
    busy_with: str = Field(description="`serve`, `sweep`, `deliver` or `remind`; empty for none.")
    session_id: UUID | None = Field(description="The session it serves.")
    busy_since: Instant | None
    settled: int = Field(description="Commands it settled in the last minute.")


class ChannelState(Answer):
    """The deliveries of one channel that are open."""

    channel: Channel
    due: int
    sending: int
    failed: int
    late_seconds: float = Field(description="How long the one that waits longest could have gone out.")


class ProviderState(Answer):
    """The calls of one provider since Redis was last wiped."""

    channel: str
    provider: str
    sent: int
    try_again: int
    give_up: int


class DatabaseHealth(Answer):
    """The database. It answered, or there would be no answer at all."""

    version: str
    milliseconds: float = Field(description="How long it took to answer all of this.")
    connections: int
    connections_max: int


class RedisHealth(Answer):
    """The server of the queues."""

    version: str
    milliseconds: float = Field(description="How long it took to answer all of this.")
    memory_bytes: int
    clients: int
    eviction: str = Field(description="What happens when memory is full: it should be `noeviction`.")


class Moment(Answer):
    """How things were at one moment of the last hour; rates are since the moment before."""

    at: Instant
    accepted_per_second: float
    settled_per_second: float
    sent_per_second: float
    waiting: int
    sessions: int
    oldest_seconds: float
    due: int
    late_seconds: float


class Operations(Answer):
    """How the system runs. What only Redis knows is null, or empty, while it is away."""

    at: Instant
    wrong: list[Wrong]
    accepted_per_second: float | None = Field(description="Over the last minute.")
    settled_per_second: float | None = Field(description="Over the last minute.")
    waiting: WaitingCommands
    tokens: int | None = Field(description="Tokens that wait for a worker.")
    workers: list[WorkerProcess] | None
    channels: list[ChannelState]
    providers: list[ProviderState] | None
    database: DatabaseHealth
    redis: RedisHealth | None
    last_hour: list[Moment] = Field(description="One about every ten seconds, the oldest first.")
