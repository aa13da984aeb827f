"""Deliver what is due: relay new notices, then let the courier of each channel work, all at once, for one shift.

A task says only "look". Whatever is due lies in the database, so a lost task costs at most the two seconds until beat
sends the next.
"""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import psycopg
from celery.signals import worker_process_shutdown
from psycopg_pool import ConnectionPool, PoolTimeout
from redis import Redis
from structlog import get_logger

from domain.channels import Channel
from storage.database import Db
from storage.notices import relay
from storage.settings import Settings, settings
from workers import flags, publish
from workers.breaker import Breaker
from workers.courier import Courier
from workers.hints import hint
from workers.metrics import Counts, add_counts
from workers.outcomes import NOTIFY_ARMED, NOTIFY_ARMED_SECONDS
from workers.pace import Pace
from workers.providers import opened
from workers.providers.outcomes import Provider
from workers.resources import redis_client, worker_pool
from workers.shift import GLANCE_SECONDS, Shift

RELAY_MAX = 500  # notices relayed in one transaction

log = get_logger()


class Postroom:
    """The couriers of one process with their providers, breakers and the event loop they share, kept between shifts."""

    def __init__(
        self, pool: ConnectionPool[Db], redis: Redis, settings: Settings, providers: Mapping[Channel, Provider]
    ) -> None:
        self._pool = pool
        self._redis = redis
        self._counts = Counts()
        self._loop = asyncio.new_event_loop()
        self._threads = ThreadPoolExecutor(len(providers) + 1, thread_name_prefix="postroom")
        self._couriers = [
            Courier(
                pool,
                self._threads,
                provider,
                Breaker(),
                Pace(redis, channel, settings.per_second.get(channel)),
                self._counts,
            )
            for channel, provider in providers.items()
        ]

    def deliver_due(self) -> Counts:
        """Work one shift: about 1.5 s at most, longer only while calls are held up; return what was counted.

        Providers are called outside any transaction. What is left is for the next shift, for which a task is
        published. A crash loses no delivery; one whose call was not recorded yet is sent again after its lease.
        """
        with hint("say that the delivery token is used up"):
            self._redis.delete(NOTIFY_ARMED)
        shift = Shift()
        try:
            self._loop.run_until_complete(self._work(shift))
        finally:
            counted = self._flush_counts()
        if shift.more:
            self._call_the_next_shift()
        return counted

    def close(self) -> None:
        """Close the providers' connections."""
        for courier in self._couriers:
            self._loop.run_until_complete(courier.provider.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._threads.shutdown()
        self._loop.close()

    async def _work(self, shift: Shift) -> None:
        """Relay, and let each courier look for what is due, until nobody finds anything and no call is under way.

        Between two looks notices gather: in a rush a look for each batch would cost more than all the messages.
        """
        at_work: dict[Courier, asyncio.Task[bool]] = {}
        while True:
            await self._loop.run_in_executor(self._threads, self._relay, shift)
            for courier in self._couriers:
                if courier not in at_work:
                    at_work[courier] = asyncio.create_task(courier.work(shift))
            looked_at = time.monotonic()
            done, busy = await asyncio.wait(at_work.values(), timeout=GLANCE_SECONDS)
            ended = [courier for courier, task in at_work.items() if task in done]
            found = [self._found(courier, at_work.pop(courier)) for courier in ended]
            if not busy and not (any(found) and shift.may_begin()):
                return
            await asyncio.sleep(looked_at + GLANCE_SECONDS - time.monotonic())

    def _found(self, courier: Courier, task: asyncio.Task[bool]) -> bool:
        """A courier that broke is no reason to leave the others' calls unrecorded; it begins anew later."""
        error = task.exception()
        if error is not None:
            log.error("courier broke", provider=courier.provider.name, exc_info=error)
        return error is None and task.result()

    def _relay(self, shift: Shift) -> None:
        try:
            with self._pool.connection() as db:
                while relay(db, limit=RELAY_MAX) == RELAY_MAX and shift.may_begin():
                    pass
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("database does not answer, relaying later", error=str(error))

    def _flush_counts(self) -> Counts:
        counted = Counts(self._counts)
        self._counts.clear()
        with hint("count deliveries"):
            add_counts(self._redis, counted)
        return counted

    def _call_the_next_shift(self) -> None:
        with hint("call the next shift"):
            armed = self._redis.set(NOTIFY_ARMED, flags.now_milliseconds(), nx=True, ex=NOTIFY_ARMED_SECONDS)
            if armed:
                publish.delivery_token(self._redis)


@cache
def postroom() -> Postroom:
    """Return this worker process's postroom, made on first use and closed when the process ends."""
    made = Postroom(worker_pool(), redis_client(), settings(), opened(settings()))
    worker_process_shutdown.connect(lambda **_: made.close(), weak=False)
    return made
