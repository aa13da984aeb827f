"""What else of a training a member has booked, for the limit of upcoming bookings."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from domain.facts import TrainingSession
from domain.ids import MemberId
from storage.database import Db


def find_upcoming(
    db: Db, training_session: TrainingSession, members: Mapping[MemberId, datetime], *, to_lock: bool
) -> dict[MemberId, tuple[datetime, ...]]:
    """Return when these members' other live bookings of the same training start, of those after the given moment.

    No more are read of each than the limit counts, the latest starts first. With `to_lock` the members' rows are
    locked first, in order of id, until the transaction ends: another session that books for the same member at the
    same moment waits, and then sees this booking. Accepting commands does not wait for that lock.
    """
    if not members:
        return {}
    ids = list(members)
    if to_lock:
        db.execute("SELECT FROM members WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (ids,))
    rows = db.execute(
        """
        SELECT member.id, upcoming.starts_at
          FROM unnest(%(members)s::uuid[], %(since)s::timestamptz[]) AS member (id, since)
         CROSS JOIN LATERAL (
               SELECT bookings.starts_at
                 FROM bookings JOIN training_sessions AS other ON other.id = bookings.training_session_id
                WHERE bookings.member_id = member.id AND bookings.status <> 'cancelled'
                  AND bookings.starts_at > member.since AND other.training_id = %(training)s
                  AND bookings.training_session_id <> %(session)s
                ORDER BY bookings.starts_at DESC LIMIT %(limit)s) AS upcoming
        """,
        {
            "members": ids,
            "since": list(members.values()),
            "training": training_session.training_id,
            "session": training_session.id,
            "limit": training_session.policies.upcoming_limit,
        },
    )
    found: dict[MemberId, list[datetime]] = defaultdict(list)
    for member_id, starts_at in rows:
        found[member_id].append(starts_at)
    return {member_id: tuple(found[member_id]) for member_id in members}
