"""Links to a password in the database: few at a time, each used once, and no secret anywhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Cursor, IntegrityError
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.password_links import OPEN_RESETS_MAX, LinkPurpose
from storage.database import Db
from storage.identifiers import new_id
from storage.password_links import ask_for_reset, find_open_link, invite
from storage.queries.changes import notices_written_since
from storage.queries.notifications import count_unread, list_notices
from storage.settings import settings
from tests.integration.links import (
    a_reset,
    address_of,
    an_invitation,
    expire,
    links_of,
    mails_of,
    states_of,
)
from tests.integration.studio import Member, Studio


def test_a_reset_is_written_with_its_notice_and_one_mail(db: Db, nina: Member) -> None:
    a_reset(db, nina)

    assert states_of(db, nina) == [("reset", None)]
    assert mails_of(db, nina) == [("password_reset", "email", address_of(nina), "due")]
    notices = db.execute(
        "SELECT number, booking_id, pass_id, details, read_at IS NULL FROM notices WHERE member_id = %s", (nina.id,)
    ).fetchall()
    assert notices == [(None, None, None, {}, False)]


def test_the_address_counts_in_whatever_case_it_is_written(db: Db, nina: Member) -> None:
    ask_for_reset(db, new_id(), address_of(nina).upper())

    assert len(links_of(db, nina)) == 1


def test_asked_again_with_the_same_id_it_is_one_link_and_one_mail(db: Db, nina: Member) -> None:
    link_id = new_id()
    for _ in range(2):
        ask_for_reset(db, link_id, address_of(nina))

    assert (links_of(db, nina), len(mails_of(db, nina))) == ([link_id], 1)


def test_an_unknown_address_writes_nothing(db: Db, studio: Studio) -> None:
    counted = "SELECT (SELECT count(*) FROM password_links), (SELECT count(*) FROM notices)"
    before = db.execute(counted).fetchone()

    ask_for_reset(db, new_id(), f"{uuid4()}@example.test")

    assert db.execute(counted).fetchone() == before


def test_known_and_unknown_addresses_ask_the_same_of_the_database(
    db: Db, nina: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = type(db).execute

    def listening(self: Any, query: Any, *values: Any, **others: Any) -> Cursor[TupleRow]:
        asked.append(str(query))
        return execute(self, query, *values, **others)

    monkeypatch.setattr(type(db), "execute", listening)
    ask_for_reset(db, new_id(), address_of(nina))
    known = asked.copy()
    asked.clear()
    ask_for_reset(db, new_id(), f"{uuid4()}@example.test")

    assert asked == known
    assert "SET LOCAL synchronous_commit = off" in known


def test_no_more_than_a_few_resets_hold_at_a_time_and_those_before_stay_good(db: Db, nina: Member) -> None:
    for _ in range(OPEN_RESETS_MAX + 2):
        a_reset(db, nina)

    links = links_of(db, nina)
    assert len(links) == len(mails_of(db, nina)) == OPEN_RESETS_MAX
    assert all(find_open_link(db, link) for link in links)


def test_once_they_have_expired_there_are_new_ones(db: Db, nina: Member) -> None:
    for _ in range(OPEN_RESETS_MAX):
        a_reset(db, nina)
    expire(db, nina)

    a_reset(db, nina)

    assert [find_open_link(db, link) is not None for link in links_of(db, nina)] == [False] * OPEN_RESETS_MAX + [True]


def test_what_ended_long_ago_is_cleared_away(db: Db, nina: Member) -> None:
    a_reset(db, nina)
    db.execute(
        "UPDATE password_links SET created_at = now() - interval '40 days', expires_at = now() - interval '31 days'"
        " WHERE member_id = %s",
        (nina.id,),
    )

    a_reset(db, nina)

    assert len(links_of(db, nina)) == 1


def test_asked_for_at_once_there_are_no_more_than_a_few(api_pool: ConnectionPool[Db], db: Db, nina: Member) -> None:
    def ask(_: int) -> None:
        with api_pool.connection() as own:
            a_reset(own, nina)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(ask, range(12)))

    assert len(links_of(db, nina)) == OPEN_RESETS_MAX


def test_whoever_asks_waits_for_who_asked_just_before_and_counts_their_link(
    api_pool: ConnectionPool[Db], db: Db, nina: Member
) -> None:
    with api_pool.connection() as other, db.transaction():
        a_reset(db, nina)

        with other.transaction(), pytest.raises(LockNotAvailable):
            other.execute("SET LOCAL lock_timeout = '20ms'")
            a_reset(other, nina)

    assert len(links_of(db, nina)) == 1


def test_a_new_invitation_takes_the_place_of_the_one_before_and_leaves_resets(db: Db, nina: Member) -> None:
    a_reset(db, nina)
    an_invitation(db, nina)
    an_invitation(db, nina)

    assert states_of(db, nina) == [("reset", None), ("invitation", "replaced"), ("invitation", None)]
    assert [mail[0] for mail in mails_of(db, nina)] == ["password_reset", "invitation", "invitation"]


def test_who_has_a_password_is_not_invited(db: Db, nina: Member) -> None:
    db.execute("UPDATE members SET password_hash = 'old' WHERE id = %s", (nina.id,))

    assert invite(db, new_id(), nina.id) is None
    assert links_of(db, nina) == []


def test_a_link_that_holds_says_for_whom(db: Db, nina: Member) -> None:
    an_invitation(db, nina)
    (link,) = links_of(db, nina)

    found = find_open_link(db, link)

    assert found is not None
    assert (found.purpose, found.email, found.studio_name) == (LinkPurpose.INVITATION, address_of(nina), "Studio")
    assert states_of(db, nina) == [("invitation", None)], "looking uses nothing up"


def test_no_list_of_what_a_member_is_told_has_it(db: Db, nina: Member) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    a_reset(db, nina)

    assert list_notices(db, nina.id, before=None, limit=10) == []
    assert notices_written_since(db, [nina.id], before, limit=10) == []
    assert count_unread(db, nina.id) == 0


def test_no_table_has_the_secret_or_what_it_is_made_of(db: Db, nina: Member) -> None:
    secret = a_reset(db, nina)
    tables = db.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'").fetchall()

    for (table,) in tables:
        found = db.execute(f"SELECT count(*) FROM {table} AS row WHERE row::text LIKE %s", (f"%{secret[22:]}%",))
        assert found.fetchone() == (0,), table
    assert len(tables) > 10
    assert settings().secret_key not in secret


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("purpose = 'joke'", "password_links_purpose"),
        ("ended = 'lost', ended_at = now()", "password_links_ended"),
        ("ended = 'used'", "password_links_ended_at"),
        ("expires_at = created_at", "password_links_expires"),
    ],
)
def test_the_database_refuses_by_itself(db: Db, nina: Member, change: str, constraint: str) -> None:
    a_reset(db, nina)

    with pytest.raises(IntegrityError, check=lambda error: error.diag.constraint_name == constraint):
        db.execute(f"UPDATE password_links SET {change} WHERE member_id = %s", (nina.id,))


@pytest.mark.parametrize("change", ["number = 2000000000", "pass_id = gen_random_uuid()"])
def test_a_notice_with_a_link_is_never_numbered_nor_about_anything_else(db: Db, nina: Member, change: str) -> None:
    a_reset(db, nina)

    with pytest.raises(IntegrityError, check=lambda error: error.diag.constraint_name == "notices_links_apart"):
        db.execute(f"UPDATE notices SET {change} WHERE member_id = %s", (nina.id,))
