"""The catalogue as staff see it: what is retired too, and how much is still to come."""

from dataclasses import dataclass
from datetime import time
from typing import TypeVar
from uuid import UUID

from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier

from storage.database import Db
from storage.named import Named

DEFAULTS = (
    "lasts_minutes",
    "capacity",
    "booking_deadline_minutes",
    "cancellation_deadline_minutes",
    "promotion_deadline_minutes",
    "promotion_grace_minutes",
    "waitlist_limit",
    "booking_window_minutes",
    "upcoming_limit",
    "refund_deadline_minutes",
    "offer_minutes",
    "offer_pause_from",
    "offer_pause_until",
)
"""The columns of a training that a new session of it begins with."""


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """A trainer or a space; `coming` is how many sessions of it are still to begin."""

    id: UUID
    name: str
    retired: bool
    coming: int


@dataclass(frozen=True, slots=True)
class StaffTraining(StaffEntry):
    """A training with what a new session of it begins with; durations are minutes, and no rule is None.

    The pause of an offer is by the studio's clocks.
    """

    description: str
    lasts_minutes: int
    capacity: int
    booking_deadline_minutes: int
    cancellation_deadline_minutes: int
    promotion_deadline_minutes: int
    promotion_grace_minutes: int
    waitlist_limit: int | None
    booking_window_minutes: int | None
    upcoming_limit: int | None
    refund_deadline_minutes: int | None
    offer_minutes: int | None
    offer_pause_from: time | None
    offer_pause_until: time | None


_SHAPES: dict[Named, type[StaffEntry]] = {
    Named.TRAINING: StaffTraining,
    Named.TRAINER: StaffEntry,
    Named.SPACE: StaffEntry,
}
_REFERENCES = {Named.TRAINING: "training_id", Named.TRAINER: "trainer_id", Named.SPACE: "space_id"}

E = TypeVar("E", bound=StaffEntry)


def list_entries(db: Db, table: Named, *, retired: bool | None, after: UUID | None, limit: int) -> list[StaffEntry]:
    """Return the next entries by name, beginning behind the entry `after`; of the retired or of the others alone."""
    query = SQL(
        """
        {select} WHERE (%(after)s::uuid IS NULL OR one.name > (SELECT name FROM {table} WHERE id = %(after)s))
                   AND (%(retired)s::boolean IS NULL OR one.retired = %(retired)s)
         ORDER BY one.name LIMIT %(limit)s
        """
    ).format(select=_select(table), table=Identifier(table))
    with db.cursor(row_factory=class_row(_SHAPES[table])) as cursor:
        return cursor.execute(query, {"after": after, "retired": retired, "limit": limit}).fetchall()


def find_entry(db: Db, table: Named, id_: UUID) -> StaffEntry | None:
    """Return one entry; None if there is none with this id."""
    query = SQL("{select} WHERE one.id = %s").format(select=_select(table))
    with db.cursor(row_factory=class_row(_SHAPES[table])) as cursor:
        return cursor.execute(query, (id_,)).fetchone()


def find_training(db: Db, id_: UUID) -> StaffTraining | None:
    """Return one training; None if there is none with this id."""
    found = find_entry(db, Named.TRAINING, id_)
    assert found is None or isinstance(found, StaffTraining)  # noqa: S101 - the shape of its table
    return found


def _select(table: Named) -> Composed:
    own = ["description", *DEFAULTS] if table is Named.TRAINING else []
    return SQL(
        """
        SELECT {columns},
               (SELECT count(*) FROM training_sessions
                 WHERE {reference} = one.id AND starts_at >= statement_timestamp() AND NOT cancelled) AS coming
          FROM {table} AS one
        """
    ).format(
        columns=SQL(", ").join(Identifier("one", name) for name in ["id", "name", "retired", *own]),
        reference=Identifier("training_sessions", _REFERENCES[table]),
        table=Identifier(table),
    )
