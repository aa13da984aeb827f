"""The one door for granting and extending passes: change the pass, then tell whoever must know.

Only the first step decides. What follows may be lost: the notice is relayed and the sessions are served anyway.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from psycopg.errors import DeadlockDetected
from redis import Redis

from domain.ids import MemberId, PassId
from storage import pass_answers, pass_types, passes, staff_passes
from storage.command_log import LoggedCommand
from storage.database import Db
from storage.notices import WrittenNotice
from storage.pass_types import TypeTerms
from storage.passes import DAYS_MAX, SESSIONS_MAX, ChangedPass, NoSuchPassError, PassError
from storage.staff_passes import Author, Done, KeyReusedError
from workers import inbox
from workers.hints import hint
from workers.outcomes import announce_notices

__all__ = [
    "DAYS_MAX",
    "SESSIONS_MAX",
    "Author",
    "KeyReusedError",
    "NoSuchPassError",
    "PassError",
    "change_type",
    "decline_request",
    "extend",
    "grant",
    "grant_request",
    "staff_extend",
    "staff_grant",
    "staff_set_active",
]


COLLISIONS_MAX = 5  # times a change is made again after a deadlock

T = TypeVar("T")


def grant(
    db: Db,
    redis: Redis,
    *,
    member_id: MemberId,
    type_name: str,
    sessions: int | None,
    days: int | None,
    trainings: Collection[str] = (),
    new_type: bool = False,
) -> ChangedPass:
    """Give the member a pass as `storage.passes.grant_pass` does, and announce it; raises its `PassError`."""
    changed = passes.grant_pass(
        db,
        member_id=member_id,
        type_name=type_name,
        sessions=sessions,
        days=days,
        trainings=trainings,
        new_type=new_type,
    )
    _tell(redis, [changed.notice], changed.caused)
    return changed


def extend(db: Db, redis: Redis, pass_id: PassId, *, sessions: int | None, days: int | None) -> ChangedPass:
    """Extend a pass as `storage.passes.extend_pass` does, and call workers; raises its `PassError`."""
    changed = passes.extend_pass(db, pass_id, sessions=sessions, days=days)
    _tell(redis, [changed.notice], changed.caused)
    return changed


def staff_grant(
    db: Db,
    redis: Redis,
    *,
    member_id: MemberId,
    pass_type_id: UUID,
    terms: tuple[int | None, int | None] | None,
    author: Author,
) -> PassId:
    """Give a pass as `storage.staff_passes.grant` does, and announce it; raises what that does."""
    done = staff_passes.grant(db, member_id=member_id, pass_type_id=pass_type_id, terms=terms, author=author)
    return _told(redis, done)


def staff_extend(
    db: Db, redis: Redis, pass_id: PassId, *, sessions: int | None, days: int | None, author: Author
) -> PassId:
    """Extend a pass as `storage.staff_passes.extend` does, and call workers; raises what that does."""
    return _told(redis, staff_passes.extend(db, pass_id, sessions=sessions, days=days, author=author))


def staff_set_active(db: Db, redis: Redis, pass_id: PassId, *, active: bool, author: Author) -> PassId:
    """Let a pass pay or not as `storage.staff_passes.set_active` does, and call workers; raises what that does."""
    return _told(redis, staff_passes.set_active(db, pass_id, active=active, author=author))


def change_type(
    db: Db, redis: Redis, type_id: UUID, terms: TypeTerms, *, why: str, actor_id: MemberId, granted: bool
) -> None:
    """Change a type as `storage.pass_types.change_pass_type` does, and call workers; raises what that does."""
    reached = _despite_collisions(
        lambda: pass_types.change_pass_type(db, type_id, terms, why=why, actor_id=actor_id, granted=granted)
    )
    _tell(redis, reached.notices, reached.caused)


def grant_request(
    db: Db,
    redis: Redis,
    request_id: UUID,
    *,
    terms: tuple[int | None, int | None] | None,
    why: str,
    actor_id: MemberId,
) -> None:
    """Grant a request as `storage.pass_answers.grant_request` does, and announce the pass; raises what that does."""
    done = pass_answers.grant_request(db, request_id, terms=terms, why=why, actor_id=actor_id)
    if done is not None:
        _told(redis, done)


def decline_request(db: Db, redis: Redis, request_id: UUID, *, reason: str, actor_id: MemberId) -> None:
    """Decline a request as `storage.pass_answers.decline_request` does, and announce it; raises what that does."""
    notices = pass_answers.decline_request(db, request_id, reason=reason, actor_id=actor_id)
    _tell(redis, notices, ())


def _despite_collisions(change: Callable[[], T]) -> T:
    """Change again what met a batch that locks the same passes the other way round."""
    for _ in range(COLLISIONS_MAX - 1):
        with suppress(DeadlockDetected):
            return change()
    return change()


def _told(redis: Redis, done: Done) -> PassId:
    _tell(redis, done.notices, done.caused)
    return done.pass_id


def _tell(redis: Redis, notices: Sequence[WrittenNotice], caused: Iterable[LoggedCommand]) -> None:
    with hint("announce changed passes"):
        announce_notices(redis, notices)
    inbox.call_workers(redis, caused)
