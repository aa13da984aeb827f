"""Removing a member while a session decides a booking of theirs, and while a pass is granted to them."""

from threading import Thread

import pytest

from ops.auditing import audit
from storage.database import connect
from storage.member_removal import remove_member
from storage.passes import NoSuchPassError, grant_pass
from tests.integration.api.conftest import until
from tests.integration.storage.test_last_owner import waiting
from tests.integration.studio import Member, Studio


@pytest.fixture
def owner(studio: Studio) -> Member:
    member = studio.a_member()
    studio.db.execute("UPDATE members SET role = 'owner' WHERE id = %s", (member.id,))
    return member


def test_a_session_that_decides_meanwhile_waits_and_books_nothing(
    studio: Studio, database_url: str, owner: Member
) -> None:
    session, nina = studio.a_session(), studio.a_member()
    booking = studio.book(session, nina)
    serving = Thread(target=studio.serve, args=[session])

    with connect(database_url) as db, db.transaction():
        assert remove_member(db, nina.id, why="moved", actor_id=owner.id) == []
        serving.start()
        until(lambda: waiting(studio.db))
    serving.join()

    assert "pass_inactive" in str(studio.outcome(booking))
    assert studio.roster(session) == {}
    assert audit(studio.db, [session]).ok


def test_a_pass_that_is_granted_meanwhile_is_refused(studio: Studio, database_url: str, owner: Member) -> None:
    nina, refused = studio.a_member(), []
    row = studio.db.execute("SELECT name FROM pass_types WHERE id = %s", (studio.pass_type_id,)).fetchone()
    assert row is not None

    def grant() -> None:
        with connect(database_url) as db:
            try:
                grant_pass(db, member_id=nina.id, type_name=row[0], sessions=5, days=None)
            except NoSuchPassError as error:
                refused.append(error)

    granting = Thread(target=grant)
    with connect(database_url) as db, db.transaction():
        remove_member(db, nina.id, why="moved", actor_id=owner.id)
        granting.start()
        until(lambda: waiting(studio.db))
    granting.join()

    assert len(refused) == 1
    usable = studio.db.execute("SELECT count(*) FROM passes WHERE member_id = %s AND active", (nina.id,)).fetchone()
    assert usable == (0,)
