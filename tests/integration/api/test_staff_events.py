from dataclasses import replace
from typing import Any

import pytest

from storage.notices import relay
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, app_with, problem
from tests.integration.api.inbox import notices_to
from tests.integration.studio import Studio

PATH = "/v1/staff/events"


def with_role(caller: Caller, studio: Studio, role: str) -> Caller:
    assert caller.member is not None
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, caller.member.id))
    return caller


@pytest.fixture
def owner(anybody: Caller, studio: Studio) -> Caller:
    return with_role(anybody.of(studio.a_member()), studio, "owner")


@pytest.fixture
def after(studio: Studio) -> int:
    """Return the number of the last event so far; everything written before is numbered."""
    relay(studio.db, limit=10_000)
    row = studio.db.execute("SELECT coalesce(max(number), 0) FROM notices").fetchone()
    assert row is not None
    return int(row[0])


def events(caller: Caller, after: int, limit: int = 100) -> dict[str, Any]:
    answer = caller.get(f"{PATH}?after={after}&limit={limit}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json
    return page


def test_events_come_in_order_with_what_they_speak_of(
    owner: Caller, me: Caller, studio: Studio, serving: None, after: int
) -> None:
    session_id = studio.a_session()
    booked = me.book(session_id, **WAIT).json["id"]
    me.cancel(booked, **WAIT)
    relay(studio.db, limit=100)

    page = events(owner, after)

    assert [(one["number"], one["kind"]) for one in page["items"]] == [
        (after + 1, "booking_confirmed"),
        (after + 2, "booking_cancelled"),
    ]
    assert me.member is not None
    for one in page["items"]:
        assert one["member"]["id"] == str(me.member.id)
        assert one["session"]["id"] == str(session_id)
        assert one["booking"]["id"] == booked
    assert (page["last"], page["more"]) == (after + 2, False)


def test_whoever_catches_up_misses_nothing_and_hears_nothing_twice(owner: Caller, studio: Studio, after: int) -> None:
    notices_to(studio, studio.a_member(), 5)
    relay(studio.db, limit=100)

    numbers, last, more = [], after, True
    while more:
        page = events(owner, last, limit=2)
        assert len(page["items"]) <= 2
        numbers += [one["number"] for one in page["items"]]
        last, more = page["last"], page["more"]

    assert numbers == [after + place for place in range(1, 6)]
    assert events(owner, last) == {"items": [], "last": last, "more": False}


def test_what_has_no_number_yet_is_not_told(owner: Caller, studio: Studio, after: int) -> None:
    notices_to(studio, studio.a_member())

    assert events(owner, after) == {"items": [], "last": after, "more": False}


def test_an_answer_is_never_longer_than_the_server_allows(studio: Studio, owner: Caller, after: int) -> None:
    notices_to(studio, studio.a_member(), 3)
    relay(studio.db, limit=100)
    with app_with(replace(settings(), page_size_max=2)) as app:
        page = events(Caller(app.test_client(), settings(), owner.member), after, limit=1000)

    assert (len(page["items"]), page["last"], page["more"]) == (2, after + 2, True)


@pytest.mark.parametrize("role", ["member", "trainer"])
def test_members_and_trainers_are_not_let_in(me: Caller, studio: Studio, role: str) -> None:
    problem(with_role(me, studio, role).get(PATH), 403, "not_permitted")


@pytest.mark.parametrize("role", ["admin", "owner"])
def test_admins_and_owners_are(me: Caller, studio: Studio, role: str) -> None:
    assert with_role(me, studio, role).get(PATH).status_code == 200


def test_who_is_no_longer_on_the_staff_is_kept_out_with_the_same_token(owner: Caller, studio: Studio) -> None:
    assert owner.get(PATH).status_code == 200

    problem(with_role(owner, studio, "member").get(PATH), 403, "not_permitted")


def test_nobody_is_let_in_without_a_token(anybody: Caller) -> None:
    problem(anybody.get(PATH), 401, "token_missing")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=-1", "after"),
        ("after=last", "after"),
        ("after=9223372036854775808", "after"),
        ("after=1&after=2", "after"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("before=1", "before"),
    ],
)
def test_a_bad_question_is_refused_by_its_field(owner: Caller, query: str, field: str) -> None:
    errors = problem(owner.get(f"{PATH}?{query}"), 422, "invalid_input")["errors"]

    assert list(errors) == [field]


def test_the_right_is_asked_before_the_question_is_read(me: Caller) -> None:
    problem(me.get(f"{PATH}?after=nonsense"), 403, "not_permitted")
