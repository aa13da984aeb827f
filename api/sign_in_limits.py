"""How often somebody may try to sign in, or ask for a new password: counted in Redis.

For each account from an address, and for each address. The two are counted apart, so that whoever has tried passwords
in vain may still ask for a new one.
"""

from enum import StrEnum
from hashlib import sha256

from redis import Redis, RedisError
from structlog import get_logger

from api.problem_kinds import ProblemCode
from api.problems import ProblemError
from storage.settings import Settings

ACCOUNTS_BEHIND_ONE_ADDRESS = 10
"""An address may fail this many times as often as an account: a whole studio can sit behind one."""

log = get_logger()


class Attempt(StrEnum):
    """What is tried."""

    SIGN_IN = "sign-in"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - what is tried, not a password


def count_attempt(
    redis: Redis, settings: Settings, *, email: str, address: str, what: Attempt = Attempt.SIGN_IN
) -> None:
    """Count one attempt; one too many ends the request with a problem that says when to come back.

    While Redis is away nothing is counted and everybody may try.
    """
    limits = {
        _account_key(what, email, address): settings.sign_in_attempts_max,
        _address_key(what, address): settings.sign_in_attempts_max * ACCOUNTS_BEHIND_ONE_ADDRESS,
    }
    try:
        with redis.pipeline(transaction=False) as pipe:
            for key in limits:
                pipe.set(key, 0, ex=settings.sign_in_window_seconds, nx=True)
                pipe.incr(key)
                pipe.ttl(key)
            answers = pipe.execute()
    except RedisError as error:
        log.warning("redis is away, attempts are not limited", what=what, error=str(error))
        return
    counts, times_left = answers[1::3], answers[2::3]
    waits = [left for count, left, most in zip(counts, times_left, limits.values(), strict=True) if count > most]
    if waits:
        raise ProblemError(ProblemCode.TOO_MANY_ATTEMPTS, headers={"Retry-After": str(max(1, *waits))})


def forget_attempts(redis: Redis, settings: Settings, *, email: str, address: str) -> None:
    """Take back the sign-ins that were counted, after one that went well: all of the account, one of the address."""
    address_key = _address_key(Attempt.SIGN_IN, address)
    try:
        with redis.pipeline(transaction=False) as pipe:
            pipe.delete(_account_key(Attempt.SIGN_IN, email, address))
            # The count may have expired meanwhile; a new one must expire too.
            pipe.set(address_key, 1, ex=settings.sign_in_window_seconds, nx=True)
            pipe.decr(address_key)
            pipe.execute()
    except RedisError as error:
        log.warning("redis is away, sign-in attempts are not limited", error=str(error))


def _account_key(what: Attempt, email: str, address: str) -> str:
    account = sha256(email.lower().encode()).hexdigest()[:32]
    return f"{what}:{address}:{account}"


def _address_key(what: Attempt, address: str) -> str:
    return f"{what}:{address}"
