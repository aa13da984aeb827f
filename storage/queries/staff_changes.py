"""What staff changed, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from storage.database import Db


@dataclass(frozen=True, slots=True)
class NotedChange:
    """A change with who made it."""

    id: int
    changed_at: datetime
    actor_id: UUID
    actor_name: str
    kind: str
    subject: str
    subject_id: UUID
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
            """
            SELECT staff_changes.id, changed_at, actor_id, members.name AS actor_name, kind, subject, subject_id, why,
                   before, after
              FROM staff_changes JOIN members ON members.id = actor_id
             WHERE (%(subject)s::uuid IS NULL OR subject_id = %(subject)s)
               AND (%(member)s::uuid IS NULL OR subject_id = ANY(ARRAY(
                    SELECT %(member)s::uuid UNION ALL SELECT id FROM passes WHERE member_id = %(member)s)))
               AND (%(before)s::bigint IS NULL OR staff_changes.id < %(before)s)
             ORDER BY staff_changes.id DESC LIMIT %(limit)s
            """,
            {"subject": subject_id, "member": member_id, "before": before, "limit": limit},
        ).fetchall()
