"""How often somebody may try to sign in: counted in Redis for each account from an address, and for each address."""

from hashlib import sha256

from redis import Redis, RedisError
from structlog import get_logger

from api.problems import ProblemCode, ProblemError
from storage.settings import Settings

ACCOUNTS_BEHIND_ONE_ADDRESS = 10
"""An address may fail this many times as often as an account: a whole studio can sit behind one."""

log = get_logger()


def count_attempt(redis: Redis, settings: Settings, *, email: str, address: str) -> None:
    """Count one attempt; one too many ends the request with a problem that says when to come back.

    While Redis is away nothing is counted and everybody may try.
    """
    limits = {
        _account_key(email, address): settings.sign_in_attempts_max,
        _address_key(address): settings.sign_in_attempts_max * ACCOUNTS_BEHIND_ONE_ADDRESS,
    }
    try:
        with redis.pipeline(transaction=False) as pipe:
            for key in limits:
                pipe.set(key, 0, ex=settings.sign_in_window_seconds, nx=True)
                pipe.incr(key)
                pipe.ttl(key)
            answers = pipe.execute()
    except RedisError as error:
        log.warning("redis is away, sign-in attempts are not limited", error=str(error))
        return
    counts, times_left = answers[1::3], answers[2::3]
    waits = [left for count, left, most in zip(counts, times_left, limits.values(), strict=True) if count > most]
    if waits:
        raise ProblemError(ProblemCode.TOO_MANY_ATTEMPTS, headers={"Retry-After": str(max(1, *waits))})


def forget_attempts(redis: Redis, settings: Settings, *, email: str, address: str) -> None:
    """Take back what was counted, after a sign-in that went well: all of the account, one of the address."""
    try:
        with redis.pipeline(transaction=False) as pipe:
            pipe.delete(_account_key(email, address))
            # The count may have expired meanwhile; a new one must expire too.
            pipe.set(_address_key(address), 1, ex=settings.sign_in_window_seconds, nx=True)
            pipe.decr(_address_key(address))
            pipe.execute()
    except RedisError as error:
        log.warning("redis is away, sign-in attempts are not limited", error=str(error))


def _account_key(email: str, address: str) -> str:
    account = sha256(email.lower().encode()).hexdigest()[:32]
    return f"sign-in:{address}:{account}"


def _address_key(address: str) -> str:
    return f"sign-in:{address}"
