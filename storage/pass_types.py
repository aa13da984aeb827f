"""Types of passes as staff make and change them; a pass that was granted keeps what it has, unless asked otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from domain.ids import MemberId
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.database import Db
from storage.granted_passes import Reached, bring_granted
from storage.staff_changes import note_change

_INSERT = """
    INSERT INTO pass_types (id, name, description, price, sessions, days, training_ids, offered)
    VALUES (%(id)s, %(name)s, %(description)s, %(price)s, %(sessions)s, %(days)s, %(training_ids)s::uuid[], %(offered)s)
"""
_UPDATE = """
    UPDATE pass_types
       SET name = %(name)s, description = %(description)s, price = %(price)s, sessions = %(sessions)s, days = %(days)s,
           training_ids = %(training_ids)s::uuid[], offered = %(offered)s
     WHERE id = %(id)s
"""


class TypeRefusal(StrEnum):
    """Why a type cannot be made or changed so."""

    NOT_FOUND = "not_found"
    NAME_TAKEN = "name_taken"
    SOLD = "sold"
    NO_SUCH_TRAINING = "no_such_training"


class TypeRefusedError(Exception):
    """The type cannot be made or changed so; nothing was changed."""

    def __init__(self, refusal: TypeRefusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class TypeTerms:
    """What a type says. `sessions` None is unlimited, `days` None without end, `training_ids` None every training."""

    name: str
    description: str
    price: str
    sessions: int | None
    days: int | None
    training_ids: tuple[UUID, ...] | None
    offered: bool

    def plain(self) -> dict[str, object]:
        """Return the values as a note keeps them."""
        ids = self.training_ids
        return {
            "name": self.name,
            "description": self.description,
            "price": self.price,
            "sessions": self.sessions,
            "days": self.days,
            "trainings": None if ids is None else sorted(str(id_) for id_ in ids),
            "offered": self.offered,
        }


def create_pass_type(db: Db, type_id: UUID, terms: TypeTerms, *, actor_id: MemberId) -> None:
    """Add a type, noted. Asked again with the same id it comes to the same. Raises `TypeRefusedError`."""
    with db.transaction():
        _check_trainings(db, terms)
        if db.execute("SELECT FROM pass_types WHERE id = %s", (type_id,)).fetchone() is not None:
            return
        _write(db, _INSERT, type_id, terms)
        _note(db, actor_id, type_id, ChangeKind.PASS_TYPE_CREATED, after=terms.plain())


def change_pass_type(
    db: Db, type_id: UUID, terms: TypeTerms, *, why: str, actor_id: MemberId, granted: bool = False
) -> Reached:
    """Let the type say this for passes granted from now on, noted with what it said. Raises `TypeRefusedError`.

    With `granted` the passes that were granted already are called so and pay for these trainings, too, as
    `storage.granted_passes` does it. Without, a name under which passes were sold stays theirs, so it cannot be changed
    any more. Asked again it comes to the same, noted once.
    """
    with db.transaction():
        row = db.execute(
            """
            SELECT name, description, price, sessions, days, training_ids, offered
              FROM pass_types WHERE id = %s FOR UPDATE
            """,
            (type_id,),
        ).fetchone()
        if row is None:
            raise TypeRefusedError(TypeRefusal.NOT_FOUND)
        before = terms_from(row)
        # Asked after the lock, which whoever is granting a pass of the type makes us wait for.
        if before.name != terms.name and not granted and _is_sold(db, type_id):
            raise TypeRefusedError(TypeRefusal.SOLD)
        old, new = before.plain(), terms.plain()
        changed = [field for field in new if new[field] != old[field]]
        if changed:
            _check_trainings(db, terms)
            _write(db, _UPDATE, type_id, terms)
        reached = bring_granted(db, type_id, terms.training_ids) if granted else Reached()
        if changed or reached.passes:
            was = {field: old[field] for field in changed}
            became = {field: new[field] for field in changed} | ({"passes": reached.passes} if reached.passes else {})
            _note(db, actor_id, type_id, ChangeKind.PASS_TYPE_CHANGED, why=why, before=was, after=became)
        return reached


def terms_from(row: Sequence[Any]) -> TypeTerms:
    """Map the columns of a type from its name on, in the order of `TypeTerms`."""
    name, description, price, sessions, days, training_ids, offered = row
    ids = None if training_ids is None else tuple(training_ids)
    return TypeTerms(name, description, price, sessions, days, ids, offered)


def _is_sold(db: Db, type_id: UUID) -> bool:
    return db.execute("SELECT FROM passes WHERE pass_type_id = %s LIMIT 1", (type_id,)).fetchone() is not None


def _write(db: Db, statement: LiteralString, type_id: UUID, terms: TypeTerms) -> None:
    values: dict[str, Any] = {
        "id": type_id,
        "name": terms.name,
        "description": terms.description,
        "price": terms.price,
        "sessions": terms.sessions,
        "days": terms.days,
        "training_ids": None if terms.training_ids is None else sorted(terms.training_ids),
        "offered": terms.offered,
    }
    try:
        db.execute(statement, values)
    except psycopg.errors.UniqueViolation:
        raise TypeRefusedError(TypeRefusal.NAME_TAKEN) from None


def _check_trainings(db: Db, terms: TypeTerms) -> None:
    ids: Sequence[UUID] = terms.training_ids or ()
    row = db.execute("SELECT count(*) FROM trainings WHERE id = ANY(%s)", (list(ids),)).fetchone()
    if row is None or row[0] != len(set(ids)):
        raise TypeRefusedError(TypeRefusal.NO_SUCH_TRAINING)


def _note(
    db: Db,
    actor_id: MemberId,
    type_id: UUID,
    kind: ChangeKind,
    *,
    why: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    note_change(db, actor_id, StaffChange(kind, Subject.PASS_TYPE, type_id, why, before or {}, after or {}))
