"""The studio always keeps an owner who can sign in: the database sees to it, whoever asks and whoever asks at once."""

from collections.abc import Iterator
from threading import Thread
from uuid import UUID

import psycopg
import pytest
from redis import Redis

from domain.ids import MemberId
from domain.members import MemberRefusal, MemberRefusedError
from domain.roles import Role
from ops.stack.servers import EmbeddedServers
from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from storage.member_removal import remove_member
from storage.members import change_role, suspend_member
from tests.databases import new_database
from tests.integration.api.conftest import until
from tests.integration.studio import Studio


@pytest.fixture
def url(servers: EmbeddedServers) -> Iterator[str]:
    with new_database(servers.database_url) as url:
        yield url


@pytest.fixture
def house(url: str, redis: Redis) -> Iterator[Studio]:
    """A studio of its own, so that no owner of another test is there."""
    with open_pool(url, WORKER_TIMEOUTS, size_max=2) as pool, connect(url) as db:
        yield Studio(db, redis, pool)


def an_owner(house: Studio) -> MemberId:
    member = house.a_member()
    house.db.execute("UPDATE members SET role = 'owner' WHERE id = %s", (member.id,))
    return member.id


def owners(db: Db) -> set[UUID]:
    rows = db.execute("SELECT id FROM members WHERE role = 'owner' AND suspended_at IS NULL AND removed_at IS NULL")
    return {row[0] for row in rows}


def test_the_last_owner_cannot_step_down(house: Studio) -> None:
    nina = an_owner(house)

    with pytest.raises(MemberRefusedError) as refused:
        change_role(house.db, nina, Role.ADMIN, why="tired", actor_id=nina)

    assert refused.value.refusal is MemberRefusal.LAST_OWNER
    assert owners(house.db) == {nina}


def test_an_owner_steps_down_where_there_is_another(house: Studio) -> None:
    nina, olena = an_owner(house), an_owner(house)

    change_role(house.db, nina, Role.MEMBER, why="tired", actor_id=nina)

    assert owners(house.db) == {olena}


def test_a_suspended_owner_is_none(house: Studio) -> None:
    nina, olena = an_owner(house), an_owner(house)
    suspend_member(house.db, olena, why="away", actor_id=nina)

    with pytest.raises(MemberRefusedError) as refused:
        change_role(house.db, nina, Role.ADMIN, why="tired", actor_id=nina)

    assert refused.value.refusal is MemberRefusal.LAST_OWNER


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE members SET role = 'admin' WHERE role = 'owner'",
        "UPDATE members SET suspended_at = now() WHERE role = 'owner'",
        "UPDATE members SET removed_at = now(), role = 'member' WHERE role = 'owner'",
        "DELETE FROM members WHERE role = 'owner'",
    ],
)
def test_no_statement_leaves_the_studio_without_an_owner(house: Studio, statement: str) -> None:
    ids = {an_owner(house), an_owner(house)}
    house.db.execute("DELETE FROM passes")

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        house.db.execute(statement)

    assert refused.value.diag.constraint_name == "members_last_owner"
    assert owners(house.db) == ids


def test_of_two_owners_who_demote_each_other_at_once_the_first_does(house: Studio, url: str) -> None:
    nina, olena = an_owner(house), an_owner(house)
    refusals: list[MemberRefusal] = []

    def demote_nina() -> None:
        with connect(url) as db:
            try:
                change_role(db, nina, Role.MEMBER, why="second", actor_id=olena)
            except MemberRefusedError as error:
                refusals.append(error.refusal)

    with connect(url) as first, first.transaction():
        change_role(first, olena, Role.MEMBER, why="first", actor_id=nina)
        second = Thread(target=demote_nina)
        second.start()
        until(lambda: waiting(house.db))
    second.join()

    assert owners(house.db) == {nina}
    assert refusals == [MemberRefusal.OUT_OF_REACH]


def test_of_two_owners_who_step_down_at_once_the_second_stays(house: Studio, url: str) -> None:
    nina, olena = an_owner(house), an_owner(house)
    refusals: list[MemberRefusal] = []

    def olena_steps_down() -> None:
        with connect(url) as db:
            try:
                change_role(db, olena, Role.MEMBER, why="second", actor_id=olena)
            except MemberRefusedError as error:
                refusals.append(error.refusal)

    with connect(url) as first, first.transaction():
        change_role(first, nina, Role.MEMBER, why="first", actor_id=nina)
        second = Thread(target=olena_steps_down)
        second.start()
        until(lambda: waiting(house.db))
    second.join()

    assert owners(house.db) == {olena}
    assert refusals == [MemberRefusal.LAST_OWNER]


def test_two_owners_who_remove_each_other_at_once_leave_one(house: Studio, url: str) -> None:
    nina, olena = an_owner(house), an_owner(house)
    refusals: list[MemberRefusal] = []

    def remove_nina() -> None:
        with connect(url) as db:
            try:
                remove_member(db, nina, why="second", actor_id=olena)
            except MemberRefusedError as error:
                refusals.append(error.refusal)

    with connect(url) as first, first.transaction():
        remove_member(first, olena, why="first", actor_id=nina)
        second = Thread(target=remove_nina)
        second.start()
        until(lambda: waiting(house.db))
    second.join()

    assert owners(house.db) == {nina}
    assert refusals == [MemberRefusal.OUT_OF_REACH]


def waiting(db: Db) -> bool:
    """Whether somebody waits for a lock in this database."""
    row = db.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return row is not None and row[0] > 0
