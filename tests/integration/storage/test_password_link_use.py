"""Using a link to a password: once, by one, and with it every other way in that was open ends."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from psycopg_pool import ConnectionPool

from storage.accounts import change_password_hash
from storage.database import Db
from storage.password_links import find_open_link, use_link
from storage.sign_ins import begin_sign_in
from tests.integration.links import (
    a_reset,
    an_invitation,
    expire,
    links_of,
    states_of,
)
from tests.integration.studio import Member, Studio


def hash_of(db: Db, member: Member) -> str | None:
    row = db.execute("SELECT password_hash FROM members WHERE id = %s", (member.id,)).fetchone()
    assert row is not None
    hash_: str | None = row[0]
    return hash_


def test_using_a_link_sets_the_password_and_ends_every_other_link_and_sign_in(db: Db, nina: Member) -> None:
    an_invitation(db, nina)
    for _ in range(2):
        a_reset(db, nina)
    begin_sign_in(db, nina.id, secret_hash=uuid4().bytes, device="a browser")
    invitation, first, second = links_of(db, nina)

    assert use_link(db, first, password_hash="new")

    assert hash_of(db, nina) == "new"
    assert states_of(db, nina) == [
        ("invitation", "password_changed"),
        ("reset", "used"),
        ("reset", "password_changed"),
    ]
    assert not any(use_link(db, link, password_hash="newer") for link in (invitation, first, second))
    assert hash_of(db, nina) == "new"
    assert db.execute("SELECT count(*) FROM sign_ins WHERE member_id = %s", (nina.id,)).fetchone() == (0,)


def test_other_members_links_and_sign_ins_stay(db: Db, studio: Studio, nina: Member) -> None:
    other = studio.a_member()
    a_reset(db, nina)
    a_reset(db, other)
    begin_sign_in(db, other.id, secret_hash=uuid4().bytes, device="a browser")

    use_link(db, links_of(db, nina)[0], password_hash="new")

    assert states_of(db, other) == [("reset", None)]
    assert hash_of(db, other) is None
    assert db.execute("SELECT count(*) FROM sign_ins WHERE member_id = %s", (other.id,)).fetchone() == (1,)


def test_asked_again_after_a_lost_answer_the_link_has_been_used(db: Db, nina: Member) -> None:
    a_reset(db, nina)
    (link,) = links_of(db, nina)

    assert [use_link(db, link, password_hash="new") for _ in range(2)] == [True, True]


def test_of_uses_at_once_one_wins(api_pool: ConnectionPool[Db], db: Db, nina: Member) -> None:
    a_reset(db, nina)
    (link,) = links_of(db, nina)

    def use(password_hash: str) -> bool:
        with api_pool.connection() as own:
            return use_link(own, link, password_hash=password_hash)

    hashes = [f"hash {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        won = list(threads.map(use, hashes))

    assert won.count(True) == 1
    assert hash_of(db, nina) == hashes[won.index(True)]


def test_an_expired_link_is_neither_found_nor_used(db: Db, nina: Member) -> None:
    a_reset(db, nina)
    (link,) = links_of(db, nina)
    expire(db, nina)

    assert find_open_link(db, link) is None
    assert not use_link(db, link, password_hash="new")
    assert hash_of(db, nina) is None


def test_a_password_changed_otherwise_ends_open_links(db: Db, nina: Member) -> None:
    db.execute("UPDATE members SET password_hash = 'old' WHERE id = %s", (nina.id,))
    a_reset(db, nina)

    assert not change_password_hash(db, nina.id, before="wrong", after="new")
    assert states_of(db, nina) == [("reset", None)]
    assert change_password_hash(db, nina.id, before="old", after="new")
    assert states_of(db, nina) == [("reset", "password_changed")]
