"""Who is asking: signed tokens that expire, and passwords that are slow to guess."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import g, request
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from api.problems import ProblemCode, ProblemError
from domain.ids import MemberId
from storage.settings import Settings

TOKEN_SALT = "seatline.access_token.v1"  # noqa: S105 - names the kind of token; raise the version to end them all

# 19 MiB and two passes: what OWASP asks for at least, and little enough for ten at once in one process.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """The member whose token came with the request, and until when it is valid."""

    member_id: MemberId
    expires_at: datetime


def make_token(settings: Settings, member_id: MemberId) -> str:
    """Return an access token for this member, valid for `settings.token_seconds` from now."""
    return _serializer(settings).dumps(str(member_id))


def read_token(settings: Settings, token: str) -> Caller:
    """Return whose token this is; an expired or forged one ends the request with a problem."""
    try:
        text, issued_at = _serializer(settings).loads(token, max_age=settings.token_seconds, return_timestamp=True)
        return Caller(MemberId(UUID(text)), issued_at + timedelta(seconds=settings.token_seconds))
    except SignatureExpired:
        raise _not_let_in(ProblemCode.TOKEN_EXPIRED) from None
    except (BadSignature, ValueError, TypeError, AttributeError):
        raise _not_let_in(ProblemCode.TOKEN_INVALID) from None


def identify(settings: Settings, *, required: bool) -> None:
    """Read the request's token for `caller`; without one, end the request with a problem if it is required."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        g.caller = read_token(settings, token.strip())
        return
    if scheme:
        raise _not_let_in(ProblemCode.TOKEN_INVALID)
    if required:
        raise ProblemError(ProblemCode.TOKEN_MISSING)
    g.caller = None


def caller() -> Caller:
    """Return who is asking, on an operation that needs a token."""
    found = maybe_caller()
    if found is None:
        raise ProblemError(ProblemCode.TOKEN_MISSING)
    return found


def maybe_caller() -> Caller | None:
    """Return who is asking, None when nobody signed in."""
    found: Caller | None = g.get("caller")
    return found


def no_such_member() -> ProblemError:
    """Return the problem of a token whose member is gone."""
    return ProblemError(ProblemCode.TOKEN_INVALID, "The member this token was issued to is gone; sign in again.")


def hash_password(password: str) -> str:
    """Return what to keep in place of a password; takes some 20 ms and 19 MiB."""
    return _aside(lambda: _HASHER.hash(password))


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; takes as long when there is no hash, and is then False."""
    return _aside(lambda: _verify(password_hash or dummy_hash(), password)) and password_hash is not None


@cache
def dummy_hash() -> str:
    """Return the hash that unknown addresses are checked against, made once a process."""
    return _HASHER.hash("nobody's password")


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _aside(work: Callable[[], T]) -> T:
    """Run slow work beside gevent's loop, in a native thread; where there is no loop, run it here."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return work()
    # Only a gevent worker has a loop to keep free; gevent has no types.
    import gevent  # type: ignore[import-untyped]  # noqa: PLC0415

    result: T = gevent.get_hub().threadpool.apply(work)
    return result


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt=TOKEN_SALT)


def _not_let_in(code: ProblemCode) -> ProblemError:
    return ProblemError(code, headers={"WWW-Authenticate": 'Bearer realm="seatline", error="invalid_token"'})
