"""Deliver what is due: claim in bulk, close the transaction, call the provider, record what came of it."""

import random

from psycopg_pool import ConnectionPool
from redis import Redis
from structlog import get_logger

from storage.database import Db
from storage.deliveries import Delivery, Settlement, claim_due, settle
from workers.hints import hint
from workers.outcomes import NOTIFY_ARMED
from workers.providers import PROVIDERS
from workers.providers.outcomes import Attempt, GiveUp, Sent, TryAgain

CLAIM_MAX = 200  # deliveries claimed at once
ROUNDS_MAX = 20  # claims in one task, so that a long backlog is shared among workers
LEASE_SECONDS = 60.0  # after that a claimed delivery belongs to nobody again
ATTEMPTS_MAX = 8
BACK_OFF_SECONDS_FIRST = 2.0
BACK_OFF_SECONDS_MAX = 3600.0

log = get_logger()


def deliver_due(pool: ConnectionPool[Db], redis: Redis) -> int:
    """Deliver what is due and return how many deliveries were attempted.

    The provider is called outside any transaction. A crash between call and record means a second sending once the
    lease has ended.
    """
    with hint("say that the delivery token is used up"):
        redis.delete(NOTIFY_ARMED)
    attempted = 0
    for _ in range(ROUNDS_MAX):
        with pool.connection() as db:
            claimed = claim_due(db, limit=CLAIM_MAX, lease_seconds=LEASE_SECONDS)
        if not claimed:
            break
        settlements = [_settlement(delivery, _attempt(delivery)) for delivery in claimed]
        with pool.connection() as db:
            settle(db, settlements)
        attempted += len(claimed)
    return attempted


def _attempt(delivery: Delivery) -> Attempt:
    provider = PROVIDERS.get(delivery.channel)
    if provider is None:
        return GiveUp(f"no provider serves the channel {delivery.channel!r}")
    try:
        return provider(delivery)
    except Exception as error:
        log.exception("provider broke", delivery_id=delivery.id, channel=delivery.channel)
        return TryAgain(f"{type(error).__name__}: {error}")


def _settlement(delivery: Delivery, attempt: Attempt) -> Settlement:
    match attempt:
        case Sent():
            return Settlement(delivery.id, "sent")
        case TryAgain(why) if delivery.attempts < ATTEMPTS_MAX:
            return Settlement(delivery.id, "due", why, back_off_seconds(delivery.attempts))
        case TryAgain(why) | GiveUp(why):
            return Settlement(delivery.id, "failed", why)


def back_off_seconds(attempts: int) -> float:
    """How long to wait after this many attempts: 2 s doubled each time, at most an hour, of which half is random."""
    longest = min(BACK_OFF_SECONDS_FIRST * 2.0 ** (attempts - 1), BACK_OFF_SECONDS_MAX)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
