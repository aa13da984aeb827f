"""Passes granted at the very moment at which staff change their type."""

from storage.passes import grant_pass
from tests.integration.at_once import one_waits
from tests.integration.studio import Studio


def test_a_pass_granted_by_name_is_of_the_type_as_it_is_afterwards(studio: Studio, database_url: str) -> None:
    row = studio.db.execute("SELECT name FROM pass_types WHERE id = %s", (studio.pass_type_id,)).fetchone()
    assert row is not None
    nina, changed = studio.a_member(), "UPDATE pass_types SET training_ids = %s WHERE id = %s"

    one_waits(
        database_url,
        lambda db: db.execute(changed, ([studio.training_id], studio.pass_type_id)) and None,
        lambda db: grant_pass(db, member_id=nina.id, type_name=row[0], sessions=5, days=None) and None,
    )

    passes = "SELECT pass_type_id, training_ids FROM passes WHERE member_id = %s AND sessions_granted = 5"
    assert studio.db.execute(passes, (nina.id,)).fetchall() == [(studio.pass_type_id, [studio.training_id])]
