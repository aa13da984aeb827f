"""The courier of one channel: claims what is due, calls the provider, records what came of each call.

Couriers work in shifts (see `workers.deliver`), all channels in one event loop. Questions to the database run in
threads of their own, so that neither holds up calls that are under way, nor a slow look-up of a name the database.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from structlog import get_logger

from domain.channels import Channel
from domain.sending import Drop, Hold, Send, before_sending
from storage.database import Db
from storage.deliveries import (
    ATTEMPTS_ALLOWED,
    AttemptRow,
    Delivery,
    DeliveryStatus,
    Settlement,
    Unreadable,
    claim_due,
    forget_addresses,
    settle,
)
from workers.breaker import Breaker
from workers.messages import MessageError
from workers.metrics import Counts
from workers.pace import Pace
from workers.providers.outcomes import Attempt, GiveUp, Provider, Sent, TryAgain
from workers.shift import GLANCE_SECONDS, Shift

CLAIM_MAX = 100  # deliveries claimed at once
LEASE_SECONDS = 150.0  # after that a claimed delivery belongs to nobody again
BEGIN_SECONDS_MAX = 60.0  # a call must begin so soon after its claim, to be over and recorded within the lease
BACK_OFF_SECONDS_FIRST = 5.0
BACK_OFF_SECONDS_MAX = 3600.0
ASK_AGAIN_SECONDS = 0.5
SAID_MAX = 500  # characters of a server's words that are kept

T = TypeVar("T")

log = get_logger()


@dataclass(frozen=True, slots=True)
class Called:
    """A delivery and what the call to its provider came to; seconds of the call, and from the claim to its end."""

    delivery: Delivery
    attempt: Attempt
    seconds: float
    seconds_since_claim: float

    @property
    def seconds_since_notice(self) -> float:
        """How long it took from the notice to the end of the call, by the database's clock up to the claim."""
        return (self.delivery.now - self.delivery.notice.created_at).total_seconds() + self.seconds_since_claim


@dataclass(eq=False, slots=True)
class Courier:
    """Delivers one channel. The provider with its connections and what the breaker knows outlive the shift."""

    pool: ConnectionPool[Db]
    threads: Executor
    provider: Provider
    breaker: Breaker
    pace: Pace
    counts: Counts
    _waiting: deque[Delivery] = field(default_factory=deque)
    _claimed_at: float = 0.0
    _calls: set[asyncio.Task[Called]] = field(default_factory=set)

    async def work(self, shift: Shift) -> bool:
        """Deliver what is due on this channel until the shift ends, and what becomes due while calls are under way.

        Returns whether anything was due. What was claimed but not begun is given back. Killed, it leaves calls
        unrecorded: those deliveries are claimed again after their lease.
        """
        found, look_at = False, 0.0
        while True:
            if self._has_hands_free() and not self._waiting and shift.may_begin() and time.monotonic() >= look_at:
                claimed = await self._claim(shift)
                found = found or claimed > 0
                look_at = 0.0 if claimed == CLAIM_MAX else time.monotonic() + GLANCE_SECONDS
            await self._begin_calls(shift)
            if self._calls:
                done, self._calls = await asyncio.wait(
                    self._calls, timeout=GLANCE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                await self._begin_calls(shift)
                await self._record([task.result() for task in done])
            elif time.monotonic() < look_at or not shift.may_begin():
                return found

    def _has_hands_free(self) -> bool:
        return len(self._calls) < self.provider.calls_at_once

    async def _claim(self, shift: Shift) -> int:
        """Claim what may go out now, and settle at once what is not to be sent after all; return how many it was."""
        only = self.provider.only_server
        wanted = self.breaker.worth_claiming(only, CLAIM_MAX) if only else CLAIM_MAX
        limit = await self._aside(lambda: self.pace.take(wanted)) if wanted else 0
        if not limit:
            return 0
        channel = self.provider.channel
        claimed = await self._ask(lambda db: claim_due(db, channel, limit=limit, lease_seconds=LEASE_SECONDS))
        self._claimed_at = time.monotonic()
        shift.more = len(claimed) == limit or shift.more
        await self._aside(lambda: self.pace.give_back(limit - len(claimed)))
        await self._settle(self._sort(claimed))
        return len(claimed)

    def _sort(self, claimed: Iterable[Delivery | Unreadable]) -> list[Settlement]:
        """Let wait what is to be sent, and return what becomes of the rest."""
        settlements = []
        for delivery in claimed:
            settlement = _unsent(delivery)
            if settlement is not None:
                settlements.append(settlement)
            elif isinstance(delivery, Delivery):
                self._waiting.append(delivery)
        return settlements

    async def _begin_calls(self, shift: Shift) -> None:
        """Call for what waits, as many at once as the provider takes; give the rest back where it is too late."""
        put_off = []
        while self._waiting and self._has_hands_free():
            delivery = self._waiting.popleft()
            server = self.provider.server_of(delivery)
            if not shift.may_begin() or time.monotonic() > self._claimed_at + BEGIN_SECONDS_MAX:
                shift.more = True
                put_off.append(_not_called(delivery, DeliveryStatus.DUE))
            elif self.breaker.may_call(server):
                self._calls.add(asyncio.create_task(self._call(delivery, server, shift, self._claimed_at)))
            else:
                pause = self.breaker.seconds_left(server)
                put_off.append(_not_called(delivery, DeliveryStatus.DUE, f"{server} is down", pause))
        await self._settle(put_off)

    async def _call(self, delivery: Delivery, server: str, shift: Shift, claimed_at: float) -> Called:
        began = time.monotonic()
        with shift.call():
            attempt = await self._attempt(delivery, server)
        ended = time.monotonic()
        return Called(delivery, attempt, ended - began, ended - claimed_at)

    async def _attempt(self, delivery: Delivery, server: str) -> Attempt:
        try:
            async with asyncio.timeout(self.provider.call_seconds):
                attempt = await self.provider.send(delivery)
        except TimeoutError:
            attempt = TryAgain(f"no answer within {self.provider.call_seconds:.0f} s", server_down=True)
        except MessageError as error:
            self.breaker.untried(server)
            return GiveUp(str(error))
        except Exception as error:
            log.exception("provider broke", delivery_id=delivery.id, provider=self.provider.name)
            self.breaker.untried(server)
            return TryAgain(f"{type(error).__name__}: {error}")
        if isinstance(attempt, TryAgain) and attempt.server_down:
            self.breaker.is_down(server)
        else:
            self.breaker.works(server)
        return attempt

    async def _record(self, called: list[Called]) -> None:
        """Record what came of these calls, and forget the addresses that are gone."""
        await self._settle(
            [_settlement(self.provider.name, one) for one in called],
            seconds={one.delivery.id: one.seconds_since_notice for one in called if isinstance(one.attempt, Sent)},
        )
        gone = [
            one.delivery.address_id
            for one in called
            if isinstance(one.attempt, GiveUp) and one.attempt.address_gone and one.delivery.address_id
        ]
        if gone:
            await self._ask(lambda db: forget_addresses(db, self.provider.channel, gone))

    async def _settle(self, settlements: list[Settlement], seconds: Mapping[int, float] | None = None) -> None:
        if not settlements:
            return
        await self._ask(lambda db: settle(db, settlements))
        channel = self.provider.channel
        for one in settlements:
            if one.attempt:
                self.counts.attempted(channel, one.attempt.provider, one.attempt.outcome)
            if one.status is not DeliveryStatus.DUE:
                self.counts.delivered(channel, one.kind, one.status, (seconds or {}).get(one.delivery_id))

    async def _ask(self, question: Callable[[Db], T]) -> T:
        """Ask the database, again and again while it is away: what a provider took must be recorded."""
        gives_up_at = time.monotonic() + LEASE_SECONDS
        while True:
            try:
                return await self._aside(lambda: self._ask_once(question))
            except (psycopg.OperationalError, PoolTimeout) as error:
                if time.monotonic() > gives_up_at:
                    raise
                log.warning("database does not answer, asking again", provider=self.provider.name, error=str(error))
                await asyncio.sleep(ASK_AGAIN_SECONDS)

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def _ask_once(self, question: Callable[[Db], T]) -> T:
        with self.pool.connection() as db:
            return question(db)


def back_off_seconds(attempts: int) -> float:
    """How long to wait after this many attempts: 5 s doubled each time, at most an hour, of which half is random."""
    longest = min(BACK_OFF_SECONDS_FIRST * 2.0 ** (attempts - 1), BACK_OFF_SECONDS_MAX)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def _unsent(delivery: Delivery | Unreadable) -> Settlement | None:
    """Return why this delivery is not sent now; None when it is."""
    if isinstance(delivery, Unreadable):
        return _not_called(delivery, DeliveryStatus.FAILED, delivery.why)
    channel, notice = delivery.channel, delivery.notice
    if channel is not Channel.EMAIL and not delivery.keys:
        return _not_called(delivery, DeliveryStatus.DROPPED, "this address is gone")
    zone = _zone(notice.time_zone)
    match before_sending(notice.facts, channel, delivery.preferences, zone=zone, now=delivery.now):
        case Drop(why):
            return _not_called(delivery, DeliveryStatus.DROPPED, why)
        case Hold(until, why):
            return _not_called(delivery, DeliveryStatus.DUE, why, (until - delivery.now).total_seconds())
        case Send():
            return None


def _not_called(
    delivery: Delivery | Unreadable, status: DeliveryStatus, reason: str | None = None, again_after: float = 0.0
) -> Settlement:
    return Settlement(
        delivery.id, delivery.kind, delivery.attempts, delivery.lease_ends_at, status, reason, again_after
    )


def _settlement(provider: str, called: Called) -> Settlement:
    delivery, took_ms = called.delivery, round(called.seconds * 1000)

    def settled(status: DeliveryStatus, outcome: str, said: str, again_after: float = 0.0) -> Settlement:
        said = storable(said)
        reason = None if status is DeliveryStatus.SENT else said
        attempt = AttemptRow(provider, outcome, said, took_ms)
        claim = delivery.attempts, delivery.lease_ends_at
        return Settlement(delivery.id, delivery.kind, *claim, status, reason, again_after, attempt)

    match called.attempt:
        case Sent(said):
            return settled(DeliveryStatus.SENT, "sent", said)
        case GiveUp(why):
            return settled(DeliveryStatus.FAILED, "give_up", why)
        case TryAgain(why) if delivery.attempts >= delivery.attempts_allowed:
            return settled(DeliveryStatus.FAILED, "try_again", why)
        case TryAgain(why, _, after_seconds):
            # Tried again by hand, it waits as it did the first time.
            attempts = delivery.attempts - delivery.attempts_allowed + ATTEMPTS_ALLOWED
            again_after = max(after_seconds or 0.0, back_off_seconds(attempts))
            return settled(DeliveryStatus.DUE, "try_again", why, min(again_after, BACK_OFF_SECONDS_MAX))


def storable(said: str) -> str:
    """Return what a server said as the database can keep it: no NUL, no half characters, not too long."""
    return said.replace("\0", "").encode(errors="replace").decode()[:SAID_MAX]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
