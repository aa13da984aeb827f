"""A postroom under test: providers that answer as told, and what lies in the tables afterwards."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg_pool import ConnectionPool
from redis import Redis

from domain.channels import Channel
from storage.database import Db
from storage.deliveries import Delivery
from storage.settings import Settings, settings
from workers.deliver import Postroom
from workers.providers.outcomes import Attempt, Sent

Answer = Attempt | Exception


@dataclass
class ScriptedProvider:
    """Answers as told, then `Sent`; remembers what it was given. `called` is set by each call."""

    script: list[Answer] = field(default_factory=list)
    channel: Channel = Channel.EMAIL
    name: str = "scripted"
    calls_at_once: int = 4
    call_seconds: float = 20.0
    only_server: str | None = "mail.test"
    given: list[Delivery] = field(default_factory=list)
    answer: Callable[[Delivery], Answer] | None = None
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def server_of(self, delivery: Delivery) -> str:
        return self.only_server or delivery.address

    async def send(self, delivery: Delivery) -> Attempt:
        self.given.append(delivery)
        self.called.set()
        await asyncio.sleep(0)
        answer = self.answer(delivery) if self.answer else self.script.pop(0) if self.script else Sent()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.script.clear()


@dataclass
class Desk:
    """Makes postrooms that are closed at the end of the test, and looks into the tables."""

    db: Db
    pool: ConnectionPool[Db]
    redis: Redis
    opened: list[Postroom] = field(default_factory=list)

    def postroom(self, *providers: Any, with_settings: Settings | None = None) -> Postroom:
        made = Postroom(
            self.pool, self.redis, with_settings or settings(), {provider.channel: provider for provider in providers}
        )
        self.opened.append(made)
        return made

    def all_due(self) -> None:
        """Let time pass: everything that waits is due now."""
        self.db.execute("UPDATE deliveries SET due_at = clock_timestamp() WHERE status IN ('due', 'sending')")

    def states(self, channel: Channel = Channel.EMAIL) -> list[tuple[Any, ...]]:
        """Return (status, attempts, reason) of every delivery of this channel, in order of their ids."""
        return self.db.execute(
            "SELECT status, attempts, reason FROM deliveries WHERE channel = %s ORDER BY id", (str(channel),)
        ).fetchall()

    def attempts(self) -> list[tuple[Any, ...]]:
        """Return (number, provider, outcome, said) of every attempt, in order."""
        return self.db.execute(
            "SELECT number, provider, outcome, said FROM delivery_attempts ORDER BY delivery_id, number"
        ).fetchall()

    def count(self, status: str) -> int:
        """Return how many deliveries are in this state."""
        row = self.db.execute("SELECT count(*) FROM deliveries WHERE status = %s", (status,)).fetchone()
        assert row is not None
        return int(row[0])


def kinds(given: Sequence[Delivery]) -> list[str]:
    return [str(delivery.kind) for delivery in given]
