"""The one door for granting and extending passes: change the pass, then tell whoever must know.

Only the first step decides. What follows may be lost: the notice is relayed and the sessions are served anyway.
"""

from collections.abc import Collection

from redis import Redis

from domain.ids import MemberId, PassId
from storage import passes
from storage.database import Db
from storage.passes import ChangedPass
from workers import inbox
from workers.hints import hint
from workers.outcomes import announce_notices


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
    _announce(redis, changed)
    return changed


def extend(db: Db, redis: Redis, pass_id: PassId, *, sessions: int | None, days: int | None) -> ChangedPass:
    """Extend a pass as `storage.passes.extend_pass` does, and call workers; raises its `PassError`."""
    changed = passes.extend_pass(db, pass_id, sessions=sessions, days=days)
    _announce(redis, changed)
    return changed


def _announce(redis: Redis, changed: ChangedPass) -> None:
    with hint("announce a changed pass"):
        announce_notices(redis, [changed.notice])
    for logged in changed.caused:
        inbox.call_worker(redis, logged)
