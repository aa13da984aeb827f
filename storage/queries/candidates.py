"""Whom staff may book for: members found by a part of their name or e-mail address."""

from dataclasses import dataclass

from domain.facts import BookingStatus
from domain.ids import MemberId, TrainingSessionId
from storage.database import Db
from storage.queries.passes import MyPass, list_passes


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member with their passes; `status` is that of their live booking of the session, None without one."""

    id: MemberId
    name: str
    email: str | None
    status: BookingStatus | None
    passes: list[MyPass]


def find_candidates(
    db: Db, training_session_id: TrainingSessionId, text: str, *, limit: int, passes_limit: int
) -> list[Candidate]:
    """Return the members whose name or e-mail address has this text in it, in whatever case, by name.

    Looks at every member: a studio has thousands, and staff ask seldom.
    """
    rows = db.execute(
        """
        SELECT members.id, members.name, members.email, bookings.status
          FROM members
          LEFT JOIN bookings ON bookings.training_session_id = %(session)s AND bookings.member_id = members.id
                            AND bookings.status <> 'cancelled'
         WHERE position(lower(%(text)s) IN lower(members.name)) > 0
            OR position(lower(%(text)s) IN lower(members.email)) > 0
         ORDER BY members.name, members.id LIMIT %(limit)s
        """,
        {"session": training_session_id, "text": text, "limit": limit},
    ).fetchall()
    return [
        Candidate(
            id_,
            name,
            email,
            None if status is None else BookingStatus(status),
            list_passes(db, id_, after=None, limit=passes_limit),
        )
        for id_, name, email, status in rows
    ]
