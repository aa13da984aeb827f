"""Statements are joined as they are written: Postgres does not look for another order."""

from typing import Any

from psycopg.sql import SQL

from storage.database import Db
from storage.told import TOLD_COLUMNS, TOLD_JOINS

AS_WRITTEN = ["bookings", "training_sessions", "trainings", "trainers", "spaces", "studio", "passes", "pass_types"]


def joined(plan: dict[str, Any]) -> list[str]:
    """Return the tables of a plan, each behind what it is joined to."""
    own = [plan["Relation Name"]] if "Relation Name" in plan else []
    inputs = [one for one in plan.get("Plans", []) if one["Parent Relationship"] in {"Outer", "Inner"}]
    return own + [name for one in inputs for name in joined(one)]


def test_the_booking_that_a_message_tells_of_is_joined_as_written(db: Db) -> None:
    for method in ("hashjoin", "mergejoin"):  # with either it is no matter of order which side comes first
        db.execute(f"SET enable_{method} = off")

    row = db.execute(
        SQL("EXPLAIN (FORMAT JSON) SELECT {columns} FROM notices {joins}").format(
            columns=TOLD_COLUMNS, joins=TOLD_JOINS
        )
    ).fetchone()

    assert row is not None
    assert joined(row[0][0]["Plan"])[-len(AS_WRITTEN) :] == AS_WRITTEN
