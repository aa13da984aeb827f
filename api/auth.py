"""Who is asking: signed tokens that expire, a browser's sign-in, and passwords that are slow to guess."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from secrets import token_bytes
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from flask import g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from api.browser import FORM_TOKEN_HEADER, comes_from_elsewhere, is_form_token, signed_in
from api.event_loop import gevent
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.ids import MemberId
from domain.members import MemberStatus
from domain.roles import Role
from storage.queries.members import find_standing
from storage.settings import Settings

TOKEN_SALT = "seatline.access_token.v1"  # noqa: S105 - names the kind of token; raise the version to end them all

TOKENS_REMEMBERED = 4_096  # whose signatures a process has checked; some 300 bytes each

# 19 MiB and two passes: what OWASP asks for at least, and little enough for ten at once in one process.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

_READING = {"GET", "HEAD", "OPTIONS"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """The member whose token or cookie came with the request, and until when that lets them in.

    `role` is theirs as the database had it when the request came; None for a token that nothing was asked about yet.
    `token_generation` is that of the token or cookie: signing out everywhere ends it, and begins the next one.
    """

    member_id: MemberId
    expires_at: datetime
    role: Role | None = None
    token_generation: int = 0


def make_token(settings: Settings, member_id: MemberId, token_generation: int = 0) -> str:
    """Return an access token for this member, valid for `settings.token_seconds` from now.

    It lets in only while the member's tokens are of this generation.
    """
    text = f"{member_id}.{token_generation}" if token_generation else str(member_id)
    return _serializer(settings.secret_key).dumps(text)


def read_token(settings: Settings, token: str) -> Caller:
    """Return whose token this is; an expired or forged one ends the request with a problem.

    Whether its member may still come is not asked here.
    """
    try:
        member_id, token_generation, issued_at = _signed(settings.secret_key, token)
    except (BadSignature, ValueError, TypeError, AttributeError):
        raise _not_let_in(ProblemCode.TOKEN_INVALID) from None
    lifetime = timedelta(seconds=settings.token_seconds)
    # One from the future comes from a process of ours whose clock is ahead of this one's: nobody else can sign.
    if abs(datetime.now(UTC) - issued_at) > lifetime:
        raise _not_let_in(ProblemCode.TOKEN_EXPIRED)
    return Caller(member_id, issued_at + lifetime, token_generation=token_generation)


def identify(settings: Settings, *, required: bool, asks: bool = True) -> None:
    """Read the request's token, or else its cookie, for `caller`; a problem ends it if neither lets in and one must.

    Without `asks` nobody is asked whether the token's member may still come: `let_in` is for whoever does so later. Who
    asks for more than one member may is told so before the database is asked about a token.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        found = read_token(settings, token.strip())
        services().allowances.take_request(found.member_id, found.token_generation)
        g.caller = let_in(found) if asks else found
        return
    if scheme:
        raise _not_let_in(ProblemCode.TOKEN_INVALID)
    g.caller = _from_browser(settings)
    if g.caller is not None:
        services().allowances.take_request(g.caller.member_id, g.caller.token_generation)
    elif required:
        raise ProblemError(ProblemCode.TOKEN_MISSING)


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
    """Return a hash that no password fits, and which takes as long to find that out as anybody's.

    In the form of argon2's own (password-hashing.net, PHC string format), of random bytes: a real one would take 19 MiB
    of every process.
    """
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len))
    terms = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${terms}${salt}${digest}"


def let_in_once() -> None:
    """End the request if its caller is suspended or gone; nobody is asked who has been asked already."""
    found = caller()
    if found.role is None:
        g.caller = let_in(found)


def let_in(found: Caller) -> Caller:
    """Return the caller with their role.

    Who is suspended or gone, or was signed out everywhere, ends the request, however long their token holds.
    """
    standing = services().ask(lambda db: find_standing(db, found.member_id))
    if standing is None or standing.status is MemberStatus.REMOVED:
        raise no_such_member()
    if standing.status is MemberStatus.SUSPENDED:
        raise _not_let_in(ProblemCode.MEMBER_SUSPENDED)
    if standing.token_generation != found.token_generation:
        raise _not_let_in(ProblemCode.TOKEN_ENDED)
    return replace(found, role=standing.role)


def stay(token_generation: int) -> None:
    """Let the caller go on for the rest of this request, which has signed them out everywhere."""
    g.caller = replace(caller(), token_generation=token_generation)


def _from_browser(settings: Settings) -> Caller | None:
    """Return whose sign-in the cookie names, None without one that holds.

    A cookie comes along whoever sends the request, so what changes something must prove that a page of ours sent it.
    Reading needs no proof: browsers send a `SameSite=Lax` cookie to other sites' scripts' requests not at all, and
    never let another origin read the answer, which CORS allows here only without credentials.
    """
    found = signed_in()
    if found is None:
        return None
    proven = not comes_from_elsewhere() and is_form_token(found, request.headers.get(FORM_TOKEN_HEADER, ""))
    if request.method not in _READING and not proven:
        raise ProblemError(ProblemCode.FORM_TOKEN_WRONG)
    # A stream looks again as often as with a token, so that it does not outlive a sign-in that has ended by long.
    looks_again = datetime.now(UTC) + timedelta(seconds=settings.token_seconds)
    return Caller(found.member_id, min(found.expires_at, looks_again), found.role, found.token_generation)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _aside(work: Callable[[], T]) -> T:
    """Run slow work beside gevent's loop, in a native thread; where there is no loop, run it here."""
    loop = gevent()
    if loop is None:
        return work()
    result: T = loop.get_hub().threadpool.apply(work)
    return result


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _signed(secret_key: str, token: str) -> tuple[MemberId, int, datetime]:
    """Return whom a token of ours names, its generation and when it was issued: they never change, so once is enough.

    Raises what the signature's library does for a forged one, which is not remembered.
    """
    text, issued_at = _serializer(secret_key).loads(token, return_timestamp=True)
    id_, _, generation = text.partition(".")
    return MemberId(UUID(id_)), int(generation or 0), issued_at


@cache
def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=TOKEN_SALT)


def _not_let_in(code: ProblemCode) -> ProblemError:
    return ProblemError(code, headers={"WWW-Authenticate": 'Bearer realm="seatline", error="invalid_token"'})
