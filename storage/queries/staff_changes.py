"""What staff changed, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.sql import SQL

from storage.database import Db

_NAME = SQL(
    """
    CASE subject
    WHEN 'member' THEN (SELECT name FROM members WHERE id = subject_id)
    WHEN 'pass_type' THEN (SELECT name FROM pass_types WHERE id = subject_id)
    WHEN 'training' THEN (SELECT name FROM trainings WHERE id = subject_id)
    WHEN 'trainer' THEN (SELECT name FROM trainers WHERE id = subject_id)
    WHEN 'space' THEN (SELECT name FROM spaces WHERE id = subject_id)
    WHEN 'pass' THEN (SELECT concat_ws(', ', members.name, pass_types.name)
                        FROM passes JOIN members ON members.id = member_id
                        JOIN pass_types ON pass_types.id = pass_type_id WHERE passes.id = subject_id)
    WHEN 'booking' THEN (SELECT concat_ws(', ', members.name, trainings.name)
                           FROM bookings JOIN members ON members.id = member_id
                           JOIN training_sessions ON training_sessions.id = training_session_id
                           JOIN trainings ON trainings.id = training_id WHERE bookings.id = subject_id)
    WHEN 'session' THEN (SELECT trainings.name FROM training_sessions
                           JOIN trainings ON trainings.id = training_id WHERE training_sessions.id = subject_id)
    WHEN 'pass_request' THEN (SELECT members.name FROM pass_requests
                                JOIN members ON members.id = member_id WHERE pass_requests.id = subject_id)
    WHEN 'series' THEN (SELECT trainings.name FROM series
                          JOIN trainings ON trainings.id = training_id WHERE series.id = subject_id)
    END
    """
)


_LIST = SQL(
    """
    SELECT page.id, changed_at, actor_id, actors.name AS actor_name, kind, subject, subject_id, {name} AS subject_name,
           why, before, after
      FROM (SELECT * FROM staff_changes
             WHERE (%(subject)s::uuid IS NULL OR subject_id = %(subject)s)
               AND (%(member)s::uuid IS NULL OR subject_id = ANY(ARRAY(
                    SELECT %(member)s::uuid UNION ALL SELECT id FROM passes WHERE member_id = %(member)s)))
               AND (%(before)s::bigint IS NULL OR id < %(before)s)
             ORDER BY id DESC LIMIT %(limit)s) AS page
      JOIN members AS actors ON actors.id = actor_id
     ORDER BY page.id DESC
    """
).format(name=_NAME)  # named once the page of the list is chosen: what is not shown costs nothing


@dataclass(frozen=True, slots=True)
class NotedChange:
    """A change with who made it; `subject_name` is what the thing is called now, None where it has no name."""

    id: int
    changed_at: datetime
    actor_id: UUID
    actor_name: str
    kind: str
    subject: str
    subject_id: UUID
    subject_name: str | None
    why: str
    before: dict[str, Any]
    after: dict[str, Any]


def list_staff_changes(
    db: Db, *, subject_id: UUID | None, before: int | None, limit: int, member_id: UUID | None = None
) -> list[NotedChange]:
    """Return the newest changes, of one thing or of all, beginning behind the change `before`.

    With `member_id` only those of this member and of their passes.
    """
    with db.cursor(row_factory=class_row(NotedChange)) as cursor:
        return cursor.execute(
            _LIST,
            {"subject": subject_id, "member": member_id, "before": before, "limit": limit},
        ).fetchall()
