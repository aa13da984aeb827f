"""Types of passes and passes of members as staff see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from domain.ids import MemberId, PassId
from storage.database import Db
from storage.pass_types import TypeTerms, terms_from
from storage.queries.passes import MyPass, list_passes


@dataclass(frozen=True, slots=True)
class StaffPassType:
    """A type with its terms; `trainings` are the ids and names of those it names, `sold` says how many passes of it."""

    id: UUID
    terms: TypeTerms
    trainings: tuple[tuple[UUID, str], ...]
    sold: int


_TYPES = SQL(
    """
    SELECT id, name, description, price, sessions, days, training_ids, offered,
           ARRAY(SELECT trainings.id FROM trainings WHERE trainings.id = ANY(training_ids) ORDER BY name, id),
           ARRAY(SELECT trainings.name FROM trainings WHERE trainings.id = ANY(training_ids) ORDER BY name, id),
           (SELECT count(*) FROM passes WHERE pass_type_id = pass_types.id)
      FROM pass_types
    """
)


def list_pass_types(db: Db, *, offered: bool | None, after: UUID | None, limit: int) -> list[StaffPassType]:
    """Return the types that are offered, or are not, or all, in order of their ids, behind `after`."""
    rows = db.execute(
        SQL(
            """
            {} WHERE (%(offered)s::boolean IS NULL OR offered = %(offered)s)
                 AND (%(after)s::uuid IS NULL OR id > %(after)s)
               ORDER BY id LIMIT %(limit)s
            """
        ).format(_TYPES),
        {"offered": offered, "after": after, "limit": limit},
    )
    return [_type_from(row) for row in rows]


def find_pass_type(db: Db, type_id: UUID) -> StaffPassType | None:
    """Return the type; None if there is none with this id."""
    row = db.execute(SQL("{} WHERE id = %s").format(_TYPES), (type_id,)).fetchone()
    return None if row is None else _type_from(row)


def find_pass(db: Db, pass_id: PassId) -> MyPass | None:
    """Return the pass, whoever's it is; None if there is none with this id."""
    row = db.execute("SELECT member_id FROM passes WHERE id = %s", (pass_id,)).fetchone()
    if row is None:
        return None
    # The list of the member's passes, from right before this one on: one way of reading a pass.
    before = UUID(int=pass_id.int - 1)
    found = list_passes(db, MemberId(row[0]), after=before, limit=1)
    return found[0] if found and found[0].facts.id == pass_id else None


def _type_from(row: Sequence[Any]) -> StaffPassType:
    id_, *terms, ids, names, sold = row
    return StaffPassType(id_, terms_from(terms), tuple(zip(ids, names, strict=True)), sold)
