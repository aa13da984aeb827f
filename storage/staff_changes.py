"""Notes of what staff change, written in the transaction of the change itself."""

from psycopg.types.json import Jsonb

from domain.ids import MemberId
from domain.staff_changes import StaffChange
from storage.database import Db

WHY_CHARACTERS_MAX = 500


def note_change(db: Db, actor_id: MemberId, change: StaffChange) -> None:
    """Note a change inside the caller's transaction: there is no change without its note, and no note without it."""
    db.execute(
        """
        INSERT INTO staff_changes (actor_id, kind, subject, subject_id, why, before, after)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (
            actor_id,
            str(change.kind),
            str(change.subject),
            change.subject_id,
            change.why,
            Jsonb(dict(change.before)),
            Jsonb(dict(change.after)),
        ),
    )
