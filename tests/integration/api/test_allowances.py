"""One member who asks for too much is told when to come again, and nobody else is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from apiflask import APIFlask

from domain.roles import Role
from storage.settings import settings
from storage.sign_ins import sign_out_everywhere
from tests.integration.api.conftest import Caller, app_with, problem, staff
from tests.integration.pages.conftest import Browser
from tests.integration.studio import Studio


@pytest.fixture
def strict(studio: Studio) -> Iterator[APIFlask]:
    limits = replace(settings(), requests_per_minute=6, commands_per_minute=2, staff_commands_per_minute=3)
    with app_with(limits) as app:
        yield app


@pytest.fixture
def me(strict: APIFlask, studio: Studio) -> Caller:
    return Caller(strict.test_client(), settings(), studio.a_member())


def waits(answer: Any) -> int:
    problem(answer, 429, "too_many_requests")
    return int(answer.headers["Retry-After"])


def test_a_member_gives_so_many_commands_and_no_more(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()

    accepted = [me.book(session_id).status_code for _ in range(2)]

    assert accepted == [202, 202]
    assert 0 < waits(me.book(session_id)) <= 30
    assert me.member is not None
    assert studio.db.execute("SELECT count(*) FROM commands WHERE actor_id = %s", (me.member.id,)).fetchone() == (2,)


def test_who_may_give_no_command_may_read_and_nobody_else_is_kept_waiting(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    for _ in range(3):
        me.book(session_id)

    assert me.get("/v1/me").status_code == 200
    assert me.of(studio.a_member()).book(session_id).status_code == 202


def test_a_member_reads_so_often_and_no_more(me: Caller) -> None:
    assert [me.get("/v1/me").status_code for _ in range(6)] == [200] * 6

    assert 0 < waits(me.get("/v1/me")) <= 10
    assert 0 < waits(me.get("/v1/sessions")) <= 10


def test_strangers_are_not_counted(strict: APIFlask) -> None:
    stranger = Caller(strict.test_client(), settings())

    assert {stranger.get("/v1/sessions").status_code for _ in range(8)} == {200}


def test_staff_give_more_commands(strict: APIFlask, studio: Studio) -> None:
    admin = staff(Caller(strict.test_client(), settings()), studio, Role.ADMIN)
    session_id = studio.a_session()
    body = {"capacity": 3, "why": "a test"}

    answers = [admin.post(f"/v1/staff/sessions/{session_id}/capacity", body) for _ in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [202] * 3
    assert waits(answers[3]) > 0


def test_a_stolen_token_that_was_ended_uses_up_nothing_of_the_members(me: Caller, studio: Studio) -> None:
    assert me.member is not None
    sign_out_everywhere(studio.db, me.member.id)
    for _ in range(6):
        problem(me.get("/v1/me"), 401, "token_ended")
    waits(me.get("/v1/me"))

    assert me.again().get("/v1/me").status_code == 200


def test_a_page_says_it_in_words_and_when_to_come_again(strict: APIFlask, studio: Studio) -> None:
    browser = Browser(strict.test_client())
    browser.sign_in(studio, studio.a_member())

    for _ in range(6):
        browser.open("/bookings")
    page = browser.open("/bookings", status=429)

    assert "That was too much at once" in page.get_data(as_text=True)
    assert 0 < int(page.headers["Retry-After"]) <= 10


def test_an_address_that_nobody_answers_at_and_an_old_form_say_so_however_often(
    strict: APIFlask, studio: Studio
) -> None:
    browser = Browser(strict.test_client())
    browser.sign_in(studio, studio.a_member())
    for _ in range(6):
        browser.open("/bookings")

    assert browser.http.get("/nothing", headers={"Accept": "text/html"}).status_code == 404
    assert browser.http.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 429


def test_the_cookie_counts_for_pages_and_for_their_scripts_together(strict: APIFlask, studio: Studio) -> None:
    browser = Browser(strict.test_client())
    browser.sign_in(studio, studio.a_member())

    for _ in range(3):
        browser.open("/bookings")
        assert browser.http.get("/v1/me").status_code == 200

    waits(browser.http.get("/v1/me"))
