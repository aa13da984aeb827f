"""What staff change in the catalogue: trainings, trainers and spaces, each change with its note in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from psycopg import sql
from psycopg.errors import CheckViolation, UniqueViolation

from domain.ids import MemberId
from domain.staff_changes import ChangeKind, StaffChange, Subject
from storage.database import Db
from storage.named import Named
from storage.staff_changes import note_change

Values = Mapping[str, object]
"""Columns with what they shall hold; the names come from code, never from a request."""

_KINDS = {
    Named.TRAINING: (Subject.TRAINING, ChangeKind.TRAINING_ADDED, ChangeKind.TRAINING_CHANGED),
    Named.TRAINER: (Subject.TRAINER, ChangeKind.TRAINER_ADDED, ChangeKind.TRAINER_CHANGED),
    Named.SPACE: (Subject.SPACE, ChangeKind.SPACE_ADDED, ChangeKind.SPACE_CHANGED),
}


class NameTakenError(Exception):
    """Another thing of this kind has the name, perhaps a retired one; nothing was written."""


class PoliciesClashError(Exception):
    """A training's policies do not go together; `rule` is the constraint that says so. Nothing was written."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


_POLICY_RULES = {"trainings_refund_deadline", "trainings_offer_pause"}


def add_entry(db: Db, actor_id: MemberId, table: Named, id_: UUID, values: Values) -> None:
    """Add a training, trainer or space under this id; asked again with the same id it is added once."""
    subject, added, _ = _KINDS[table]
    names = sql.SQL(", ").join(map(sql.Identifier, ["id", *values]))
    places = sql.SQL(", ").join([sql.Placeholder()] * (len(values) + 1))
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (id) DO NOTHING").format(
        sql.Identifier(table), names, places
    )
    with _named_faults(table), db.transaction():
        if db.execute(query, (id_, *values.values())).rowcount:
            note_change(db, actor_id, StaffChange(added, subject, id_, after=values))


def change_entry(db: Db, actor_id: MemberId, table: Named, id_: UUID, values: Values, *, why: str) -> bool:
    """Change what differs, and note just that; return whether there is such a thing at all."""
    subject, _, changed = _KINDS[table]
    names = list(values) or ["name"]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    read = sql.SQL("SELECT {} FROM {} WHERE id = %s FOR UPDATE").format(columns, sql.Identifier(table))
    with _named_faults(table), db.transaction():
        row = db.execute(read, (id_,)).fetchone()
        if row is None:
            return False
        before = {name: value for name, value in zip(names, row, strict=True) if values.get(name, value) != value}
        if before:
            after = {name: values[name] for name in before}
            settings = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in after)
            write = sql.SQL("UPDATE {} SET {} WHERE id = %s").format(sql.Identifier(table), settings)
            db.execute(write, (*after.values(), id_))
            note_change(db, actor_id, StaffChange(changed, subject, id_, why, before, after))
    return True


@contextmanager
def _named_faults(table: Named) -> Iterator[None]:
    try:
        yield
    except UniqueViolation as error:
        if error.diag.constraint_name == f"{table}_name":
            raise NameTakenError from error
        raise
    except CheckViolation as error:
        if error.diag.constraint_name in _POLICY_RULES:
            raise PoliciesClashError(error.diag.constraint_name) from error
        raise
