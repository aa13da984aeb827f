"""No other site's page changes anything by a visitor's browser: every address that changes something, one by one."""

from typing import Any

import pytest
from apiflask import APIFlask

from tests.integration.api.conftest import problem
from tests.integration.pages.conftest import Browser
from tests.integration.pages.everywhere import Everything, everything, lines_of
from tests.integration.studio import Studio

NEEDS_NO_TOKEN = {"/sign-in", "/language", "/password-reset", "/password/<secret>"}
"""Forms of who may not be signed in; another site's page sends none of them all the same."""

RIGHT_BY_ITSELF = {"/unsubscribe/<token>"}
"""Mail programs send it, from wherever they are: the address is the right to it, and no cookie counts."""

NO_COOKIE_COUNTS = {"/v1/tokens", "/v1/password-resets", "/v1/password-links", "/v1/passwords"}
"""Of the interface, for who is not signed in: what is sent is the right to it."""

SENT: list[dict[str, Any]] = [{"data": {}}, {"data": {"form_token": "guessed"}}, {"json": {}}]
ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
]


@pytest.fixture
def world(browser: Browser, studio: Studio) -> Everything:
    made = everything(browser, studio)
    browser.sign_in(studio, made.admin)
    return made


def changing(app: APIFlask) -> list[tuple[str, str]]:
    return [(method, rule) for method, rule in lines_of(app) if method != "GET"]


def state_of(studio: Studio) -> list[Any]:
    """Return how much of everything there is, and which transaction wrote last."""
    tables = studio.db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [
        studio.db.execute(f"SELECT count(*), max(xmin::text::bigint), max(ctid) FROM {table}".encode()).fetchone()
        for (table,) in tables
    ]


def test_without_the_forms_token_nothing_is_changed(app: APIFlask, browser: Browser, world: Everything) -> None:
    before, tried = state_of(world.studio), 0
    for method, rule in changing(app):
        if rule in NEEDS_NO_TOKEN | RIGHT_BY_ITSELF | NO_COOKIE_COUNTS:
            continue
        for sent in SENT:
            answer: Any = browser.http.open(world.path(rule), method=method, **sent)
            if rule.startswith("/v1/"):
                problem(answer, 403, "form_token_wrong")
            else:
                assert answer.status_code == 403, (rule, answer.status_code)
            tried += 1

    assert state_of(world.studio) == before
    assert tried > 200


@pytest.mark.parametrize("said", ELSEWHERE, ids=str)
def test_another_sites_page_changes_nothing_though_it_knew_the_token(
    app: APIFlask, browser: Browser, world: Everything, said: dict[str, str]
) -> None:
    token = browser.forms(browser.open("/preferences"))[0].fields["form_token"]
    before, tried = state_of(world.studio), 0
    for method, rule in changing(app):
        if rule in RIGHT_BY_ITSELF | NO_COOKIE_COUNTS:
            continue
        if rule.startswith("/v1/"):
            headers = {**said, "X-Form-Token": token}
            problem(
                browser.http.open(world.path(rule), method=method, json={}, headers=headers), 403, "form_token_wrong"
            )
        else:
            answer = browser.http.open(world.path(rule), method=method, data={"form_token": token}, headers=said)
            assert answer.status_code == 403, rule
            assert "Set-Cookie" not in answer.headers, rule
        tried += 1

    assert state_of(world.studio) == before
    assert tried > 80


def test_nothing_is_changed_by_reading(app: APIFlask, browser: Browser, world: Everything) -> None:
    before = state_of(world.studio)
    for method, rule in lines_of(app):
        if method == "GET" and rule not in {"/v1/events", "/v1/staff/events"}:
            with browser.http.get(world.path(rule)) as answer:
                assert answer.status_code < 500, rule

    assert state_of(world.studio) == before
