"""Notes of what staff change, written in the transaction of the change itself."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.ids import MemberId
from domain.staff_changes import ChangeKind, StaffChange
from storage.database import Db

WHY_CHARACTERS_MAX = 500


def note_change(db: Db, actor_id: MemberId, change: StaffChange, *, key: str | None = None) -> None:
    """Note a change inside the caller's transaction: there is no change without its note, and no note without it.

    A second note of the actor with the same key breaks the constraint `staff_changes_once_per_key`.
    """
    db.execute(
        """
        INSERT INTO staff_changes (actor_id, kind, subject, subject_id, why, before, after, idempotency_key)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            actor_id,
            str(change.kind),
            str(change.subject),
            change.subject_id,
            change.why,
            _plain(change.before),
            _plain(change.after),
            key,
        ),
    )


def note_changes(db: Db, actor_id: MemberId, changes: Sequence[StaffChange]) -> None:
    """Note many changes as `note_change` does, in this order and in one statement."""
    db.execute(
        """
        INSERT INTO staff_changes (actor_id, kind, subject, subject_id, why, before, after)
        SELECT %s, kind, subject, subject_id, why, before, after
          FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::text[], %s::jsonb[], %s::jsonb[]) WITH ORDINALITY
               AS change (kind, subject, subject_id, why, before, after, place)
         ORDER BY place
        """,
        (
            actor_id,
            [str(change.kind) for change in changes],
            [str(change.subject) for change in changes],
            [change.subject_id for change in changes],
            [change.why for change in changes],
            [_plain(change.before) for change in changes],
            [_plain(change.after) for change in changes],
        ),
    )


def _plain(values: Mapping[str, object]) -> Jsonb:
    # Times of day as text.
    return Jsonb(dict(values), dumps=partial(json.dumps, default=str))


def noted_with_key(db: Db, actor_id: MemberId, key: str) -> tuple[ChangeKind, UUID] | None:
    """Return which kind of change of what the actor made with this key; None for a key that is new."""
    row = db.execute(
        "SELECT kind, subject_id FROM staff_changes WHERE actor_id = %s AND idempotency_key = %s", (actor_id, key)
    ).fetchone()
    return None if row is None else (ChangeKind(row[0]), row[1])
