"""`/v1` for the scripts of the studio's own pages: the browser's cookie lets them in, and write with the form token."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api import auth
from api.browser import COOKIE
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, Frames, app_with, problem
from tests.integration.pages.conftest import Browser
from tests.integration.studio import Member, Studio

Listen = Callable[[TestResponse], Frames]

HERE = "http://localhost"
ELSEWHERE = "https://evil.example"
NO_DEVICE = "/v1/me/push-subscriptions/0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11"


@pytest.fixture
def member(studio: Studio) -> Member:
    return studio.a_member()


@pytest.fixture
def browser(app: APIFlask, studio: Studio, member: Member) -> Browser:
    """A browser in which the member is signed in."""
    browser = Browser(app.test_client())
    browser.sign_in(studio, member)
    return browser


@pytest.fixture
def token(browser: Browser) -> str:
    """The form token that the pages of this sign-in carry."""
    return browser.forms(browser.open("/preferences"))[0].fields["form_token"]


def book(browser: Browser, studio: Studio, member: Member, **headers: str) -> Any:
    return browser.http.post(
        f"/v1/sessions/{studio.a_session()}/bookings",
        json={"pass_id": str(member.pass_id)},
        headers={**WAIT, **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


def accepted(studio: Studio) -> int:
    row = studio.db.execute("SELECT count(*) FROM commands").fetchone()
    assert row is not None
    return int(row[0])


def test_the_cookie_alone_lets_a_member_read(browser: Browser, member: Member) -> None:
    me: Any = browser.http.get("/v1/me")

    assert (me.status_code, me.json["id"]) == (200, str(member.id))


def test_with_the_form_token_the_cookie_lets_a_member_book(
    browser: Browser, studio: Studio, member: Member, token: str, serving: None
) -> None:
    answer = book(browser, studio, member, X_Form_Token=token, Origin=HERE, Sec_Fetch_Site="same-origin")

    assert (answer.status_code, answer.json["booking"]["status"]) == (201, "confirmed")


def test_what_changes_and_what_removes_needs_the_form_token_too(browser: Browser, token: str) -> None:
    body = {"quiet_hours": None}
    for method, path in (("PATCH", "/v1/me/notification-preferences"), ("DELETE", NO_DEVICE)):
        problem(browser.http.open(path, method=method, json=body), 403, "form_token_wrong")
        proven = browser.http.open(path, method=method, json=body, headers={"X-Form-Token": token})
        assert proven.status_code != 403


@pytest.mark.parametrize("wrong", [{}, {"X_Form_Token": ""}, {"X_Form_Token": "guessed"}, {"X_Form_Token": "\xe4"}])
def test_without_the_form_token_nothing_is_written(
    browser: Browser, studio: Studio, member: Member, wrong: dict[str, str]
) -> None:
    before = accepted(studio)

    answer = book(browser, studio, member, **wrong)

    problem(answer, 403, "form_token_wrong")
    assert accepted(studio) == before


def test_every_page_carries_the_form_token_under_another_mask(
    browser: Browser, studio: Studio, member: Member, token: str, serving: None
) -> None:
    again = browser.forms(browser.open("/preferences"))[0].fields["form_token"]

    half = len(token) // 2
    assert len({token[:half], again[:half], token[half:], again[half:]}) == 4
    for either in (token, again):
        assert book(browser, studio, member, X_Form_Token=either).status_code == 201
    problem(book(browser, studio, member, X_Form_Token=token[:half] + again[half:]), 403, "form_token_wrong")


def test_the_form_token_of_another_sign_in_is_wrong(
    app: APIFlask, browser: Browser, studio: Studio, member: Member, token: str
) -> None:
    again = Browser(app.test_client())
    again.sign_in(studio, member)

    problem(book(again, studio, member, X_Form_Token=token), 403, "form_token_wrong")


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": HERE},
    ],
)
def test_another_sites_page_writes_nothing_even_with_the_form_token(
    browser: Browser, studio: Studio, member: Member, token: str, said: dict[str, str]
) -> None:
    before = accepted(studio)

    answer = book(browser, studio, member, X_Form_Token=token, **said)

    problem(answer, 403, "form_token_wrong")
    assert accepted(studio) == before


def test_a_sign_in_that_has_expired_lets_nobody_in(
    browser: Browser, studio: Studio, member: Member, token: str
) -> None:
    studio.db.execute("UPDATE sign_ins SET expires_at = now() WHERE member_id = %s", (member.id,))

    problem(browser.http.get("/v1/me"), 401, "token_missing")
    problem(book(browser, studio, member, X_Form_Token=token), 401, "token_missing")


def test_a_sign_in_that_was_ended_elsewhere_lets_nobody_in(browser: Browser, studio: Studio, member: Member) -> None:
    studio.db.execute("DELETE FROM sign_ins WHERE member_id = %s", (member.id,))

    problem(browser.http.get("/v1/me"), 401, "token_missing")


def test_a_guessed_cookie_lets_nobody_in(app: APIFlask, studio: Studio) -> None:
    stranger = app.test_client()
    stranger.set_cookie(COOKIE, "guessed")

    problem(stranger.get("/v1/me"), 401, "token_missing")


def test_an_authorization_header_counts_before_the_cookie(
    browser: Browser, studio: Studio, member: Member, me: Caller
) -> None:
    assert me.member is not None
    both = Caller(browser.http, me.settings, me.member)

    assert both.get("/v1/me").json["id"] == str(me.member.id)
    problem(browser.http.get("/v1/me", headers={"Authorization": "Bearer forged"}), 401, "token_invalid")


def test_what_needs_no_sign_in_tells_the_cookies_member_more(browser: Browser, studio: Studio, member: Member) -> None:
    session_id = studio.a_session()
    studio.book(session_id, member)
    studio.serve(session_id)

    shown: Any = browser.http.get(f"/v1/sessions/{session_id}").json

    assert shown["my_booking"]["status"] == "confirmed"


def test_what_is_for_the_staff_is_for_the_cookies_of_the_staff_alone(
    browser: Browser, studio: Studio, member: Member
) -> None:
    problem(browser.http.get("/v1/staff/events"), 403, "not_permitted")
    studio.db.execute("UPDATE members SET role = 'admin' WHERE id = %s", (member.id,))

    assert browser.http.get("/v1/staff/events").status_code == 200


def test_a_pages_script_hears_events_by_the_cookie(browser: Browser, listen: Listen) -> None:
    frames = listen(browser.http.get("/v1/events", buffered=False))

    assert frames.next_state("inbox")["unread"] == 0


@pytest.fixture
def open_to_all(studio: Studio, member: Member) -> Iterator[FlaskClient]:
    """A browser that is signed in where every origin may use the API."""
    with app_with(replace(settings(), cors_origins=("*",))) as app:
        browser = Browser(app.test_client())
        browser.sign_in(studio, member)
        yield browser.http


def test_no_origin_may_ever_use_a_browsers_sign_in(open_to_all: FlaskClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-form-token"}
    preflight = open_to_all.options("/v1/me", headers={"Origin": ELSEWHERE, **asked})
    answers = [
        preflight,
        *(open_to_all.get(path, headers={"Origin": ELSEWHERE}) for path in ("/v1/me", "/v1/commands")),
    ]

    for answer in answers:
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert preflight.headers["Access-Control-Allow-Origin"] == ELSEWHERE
    assert "x-form-token" not in preflight.headers["Access-Control-Allow-Headers"].lower()


def test_a_stream_looks_again_whether_the_sign_in_holds_as_often_as_with_a_token(
    browser: Browser, app: APIFlask
) -> None:
    with app.test_request_context("/v1/me", headers={"Cookie": f"{COOKIE}={_secret(browser)}"}):
        auth.identify(settings(), required=True)
        until = auth.caller().expires_at

    assert until <= datetime.now(UTC) + timedelta(seconds=settings().token_seconds)


def _secret(browser: Browser) -> str:
    cookie = browser.http.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value
