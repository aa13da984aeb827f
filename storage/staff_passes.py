"""What staff do with the passes of members: each change once, with its note, in one transaction.

A change that done twice would do more carries a key: the same key of the same actor is answered with the pass as it
stands, and nothing is done again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg

from domain.ids import MemberId, PassId, TrainingId
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage import passes
from storage.catalogue import PassType
from storage.command_log import LoggedCommand
from storage.database import Db
from storage.notices import WrittenNotice
from storage.passes import ChangedPass, NoSuchPassError, PassError
from storage.staff_changes import note_change, noted_with_key

_KEY = "staff_changes_once_per_key"


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a pass, why, and the key that makes the change one however often it is asked for."""

    actor_id: MemberId
    why: str
    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """The pass that was changed, with whom to tell after the commit; nobody where the key was used before."""

    pass_id: PassId
    notices: tuple[WrittenNotice, ...] = ()
    caused: tuple[LoggedCommand, ...] = ()


class KeyReusedError(Exception):
    """The key belongs to another change of this actor; nothing was done."""


def grant(
    db: Db, *, member_id: MemberId, pass_type_id: UUID, terms: tuple[int | None, int | None] | None, author: Author
) -> Done:
    """Give the member a pass of this type: on its own terms, or for these sessions and days (None: without limit).

    Raises `PassError`, and `KeyReusedError`.
    """

    def change() -> Done:
        row = db.execute(
            "SELECT name, training_ids, sessions, days, offered FROM pass_types WHERE id = %s FOR SHARE",
            (pass_type_id,),
        ).fetchone()
        if row is None:
            raise NoSuchPassError("There is no such type of pass.")
        name, training_ids, type_sessions, type_days, offered = row
        if terms is None and not offered:
            raise PassError("The type is not offered and has no terms; say how many sessions and days.")
        sessions, days = terms or (type_sessions, type_days)
        type_ = PassType(name, None if training_ids is None else tuple(sorted(map(TrainingId, training_ids))))
        granted = passes.grant_of_type(db, member_id=member_id, type_=type_, sessions=sessions, days=days)
        after = {"type": name, "sessions": sessions, "days": days}
        _note(db, author, granted.pass_.id, ChangeKind.PASS_GRANTED, after=after)
        return Done(granted.pass_.id, (granted.notice,))

    return _once(db, author, ChangeKind.PASS_GRANTED, None, change)


def extend(db: Db, pass_id: PassId, *, sessions: int | None, days: int | None, author: Author) -> Done:
    """Add sessions, days or both as `storage.passes.extend_pass` does. Raises `PassError`, and `KeyReusedError`."""

    def change() -> Done:
        changed = passes.extend_pass(db, pass_id, sessions=sessions, days=days)
        added = {"sessions_added": sessions, "days_added": days}
        after: dict[str, object] = {field: number for field, number in added.items() if number is not None}
        _note(db, author, pass_id, ChangeKind.PASS_EXTENDED, after=after)
        return _told(changed)

    return _once(db, author, ChangeKind.PASS_EXTENDED, pass_id, change)


def set_active(db: Db, pass_id: PassId, *, active: bool, author: Author) -> Done:
    """Let the pass pay (again), or no more; asked again it comes to the same, noted and told once.

    Sessions where somebody waits who was skipped for this pass are asked to look again when it pays again. A pass of
    who was removed stays as it is. Raises `PassError`, and `KeyReusedError`.
    """
    kind = ChangeKind.PASS_ACTIVATED if active else ChangeKind.PASS_DEACTIVATED

    def change() -> Done:
        row = db.execute(
            """
            SELECT active, (SELECT removed_at IS NULL FROM members WHERE members.id = member_id)
              FROM passes WHERE id = %s FOR NO KEY UPDATE
            """,
            (pass_id,),
        ).fetchone()
        if row is None or not row[1]:
            raise NoSuchPassError(f"There is no pass {pass_id}, or not any more.")
        if row[0] is active:
            return Done(pass_id)
        changed = passes.switch_pass(db, pass_id, active=active)
        _note(db, author, pass_id, kind, before={"active": not active}, after={"active": active})
        return _told(changed)

    return _once(db, author, kind, pass_id, change)


def _once(db: Db, author: Author, kind: ChangeKind, pass_id: PassId | None, change: Callable[[], Done]) -> Done:
    """Make the change unless the key was used; of two at once with one key the second's is undone by the database."""
    before = noted_with_key(db, author.actor_id, author.key)
    if before is None:
        try:
            with db.transaction():
                return change()
        except psycopg.errors.UniqueViolation as error:
            if error.diag.constraint_name != _KEY:
                raise
            before = noted_with_key(db, author.actor_id, author.key)
    if before is None or before[0] is not kind or (pass_id is not None and before[1] != pass_id):
        raise KeyReusedError
    return Done(PassId(before[1]))


def _told(changed: ChangedPass) -> Done:
    return Done(changed.pass_.id, (changed.notice,), changed.caused)


def _note(
    db: Db,
    author: Author,
    pass_id: PassId,
    kind: ChangeKind,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    change = StaffChange(kind, Subject.PASS, pass_id, author.why, before or {}, after or {})
    note_change(db, author.actor_id, change, key=author.key)
