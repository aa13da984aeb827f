"""How often somebody may try to sign in, or ask for a new password: counted in Redis, in each process while it is away.

Whoever guesses is kept from trying for ever, and can keep no member out meanwhile. A device that the member signed in
with before is counted for itself, an address for the account alone that signed in from there; all others, the unknown,
are counted together for each account, however many addresses they come from. What is tried is counted apart for each
purpose, so that whoever has tried passwords in vain may still ask for a new one:
docs/adr/0025-limits-keep-the-server-standing.md.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from redis import RedisError
from structlog import get_logger

from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import Services
from domain.ids import MemberId

ACCOUNTS_BEHIND_ONE_ADDRESS = 10
"""An address may fail this many times as often as an account: a whole studio can sit behind one."""

UNKNOWN_AT_ONE_ACCOUNT = 5
"""All who are unknown to an account may together fail at it this many times as often as one of them."""

ADDRESS_KNOWN_SECONDS = 30 * 24 * 3600

log = get_logger()


class Attempt(StrEnum):
    """What is tried."""

    SIGN_IN = "sign-in"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - what is tried, not a password
    PASSWORD_CHANGE = "password-change"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Trier:
    """Who tries: the account's name, see `account_of`, from where, and with which device of the account's, if any."""

    account: str
    address: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many attempts are counted under this key within a window; `clears` when one of them goes well."""

    key: str
    most: int
    clears: bool = True


def account_of(secret_key: str, email: str) -> str:
    """Return a name for the account with this e-mail address, whether or not it exists, that tells nobody of it."""
    return hmac.digest(secret_key.encode(), b"seatline.account.v1" + email.lower().encode(), "sha256").hex()[:32]


def count_sign_in(made: Services, who: Trier) -> None:
    """Count an attempt to sign in; one too many ends the request with a problem that says when to come back."""
    _count(made, _limits_of_sign_in(made, who))


def count_reset(made: Services, who: Trier) -> None:
    """Count that somebody asks for a new password for this account, in the same way."""
    _count(made, [_from_address(made, Attempt.PASSWORD_RESET, who), _address(made, Attempt.PASSWORD_RESET, who)])


def count_change(made: Services, member_id: MemberId) -> None:
    """Count that somebody who is signed in tries the member's password, to change it, in the same way."""
    _count(made, [_of_change(made, member_id)])


def signed_in(made: Services, who: Trier) -> None:
    """Take back what was counted of a sign-in that went well, and know the address for this account from now on.

    All of this device's or address's attempts at the account, one of the address's and one of all the unknown.
    """
    _take_back(made, _limits_of_sign_in(made, who))
    know_address(made, who)


def know_address(made: Services, who: Trier) -> None:
    """Count this address at this account apart from the unknown, for 30 days: its member was there."""
    try:
        made.redis.set(_known_key(who), 1, ex=ADDRESS_KNOWN_SECONDS)
    except RedisError as error:
        log.warning("redis is away, the address stays unknown", error=str(error))
    _take_back(made, [_from_address(made, Attempt.SIGN_IN, who)])


def changed(made: Services, member_id: MemberId) -> None:
    """Take back what was counted of changing the password, after it was changed."""
    _take_back(made, [_of_change(made, member_id)])


def _limits_of_sign_in(made: Services, who: Trier) -> list[_Limit]:
    if who.device is not None:
        # For itself alone: whatever others do, from the same address too, this device signs in.
        key = f"{Attempt.SIGN_IN}:device:{who.device}:{who.account}"
        return [_Limit(key, made.settings.sign_in_attempts_max)]
    limits = [_from_address(made, Attempt.SIGN_IN, who), _address(made, Attempt.SIGN_IN, who)]
    if not _is_known(made, who):
        most = made.settings.sign_in_attempts_max * UNKNOWN_AT_ONE_ACCOUNT
        limits.append(_Limit(f"{Attempt.SIGN_IN}:account:{who.account}", most, clears=False))
    return limits


def _from_address(made: Services, what: Attempt, who: Trier) -> _Limit:
    return _Limit(f"{what}:{who.address}:{who.account}", made.settings.sign_in_attempts_max)


def _address(made: Services, what: Attempt, who: Trier) -> _Limit:
    most = made.settings.sign_in_attempts_max * ACCOUNTS_BEHIND_ONE_ADDRESS
    return _Limit(f"{what}:{who.address}", most, clears=False)


def _of_change(made: Services, member_id: MemberId) -> _Limit:
    return _Limit(f"{Attempt.PASSWORD_CHANGE}:{member_id}", made.settings.sign_in_attempts_max)


def _known_key(who: Trier) -> str:
    return f"known:{who.address}:{who.account}"


def _is_known(made: Services, who: Trier) -> bool:
    try:
        return bool(made.redis.exists(_known_key(who)))
    except RedisError:
        return False


def _count(made: Services, limits: Sequence[_Limit]) -> None:
    seconds = _wait(made, limits)
    if seconds > 0:
        raise ProblemError(ProblemCode.TOO_MANY_ATTEMPTS, headers={"Retry-After": str(ceil(seconds))})


def _wait(made: Services, limits: Sequence[_Limit]) -> float:
    """Count one under each of the keys, and return after how many seconds to come back; 0 for who may try."""
    try:
        with made.redis.pipeline(transaction=False) as pipe:
            for limit in limits:
                pipe.set(limit.key, 0, ex=made.settings.sign_in_window_seconds, nx=True)
                pipe.incr(limit.key)
                pipe.ttl(limit.key)
            answers = pipe.execute()
    except RedisError as error:
        log.warning("redis is away, each process counts attempts for itself", error=str(error))
        return max(made.attempts.of(limit.most).take(limit.key) for limit in limits)
    counted = zip(answers[1::3], answers[2::3], limits, strict=True)
    return max((max(1, left) for count, left, limit in counted if count > limit.most), default=0)


def _take_back(made: Services, limits: Sequence[_Limit]) -> None:
    for limit in limits:
        made.attempts.of(limit.most).give_back(limit.key)
    try:
        with made.redis.pipeline(transaction=False) as pipe:
            for limit in limits:
                if limit.clears:
                    pipe.delete(limit.key)
                else:
                    # The count may have expired meanwhile; a new one must expire too.
                    pipe.set(limit.key, 1, ex=made.settings.sign_in_window_seconds, nx=True)
                    pipe.decr(limit.key)
            pipe.execute()
    except RedisError as error:
        log.warning("redis is away, attempts are not taken back", error=str(error))
