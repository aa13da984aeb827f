"""Signing in and out with a browser: cookies, forms of our own only, and the way back."""

from typing import Any

import pytest
from apiflask import APIFlask

from api.browser import COOKIE
from domain.ids import MemberId
from storage.database import Db
from storage.settings import settings
from storage.sign_ins import begin_sign_in, sign_out_everywhere
from tests.integration.api.conftest import Caller, problem
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.strictly import strictly
from tests.integration.passwords import PASSWORD
from tests.integration.studio import Member, Studio


def test_signing_in_sets_a_cookie_no_script_can_read_and_leads_back(browser: Browser, studio: Studio) -> None:
    answer = browser.sign_in(studio, studio.a_member(), next_="/preferences")

    assert answer.headers["Location"] == "/preferences"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie, "the studio under test is reached by http"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_the_way_back_never_leads_elsewhere(browser: Browser, studio: Studio, elsewhere: str) -> None:
    page = browser.open("/sign-in")
    form = browser.form(page, "/sign-in")
    member = studio.a_member()
    browser.sign_in(studio, member)

    answer = browser.http.post(
        "/sign-in", data={**form.fields, "next": elsewhere, "email": f"{member.id}@example.test", "password": PASSWORD}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_wrong_password_is_told_on_the_page_which_keeps_the_address(browser: Browser, studio: Studio) -> None:
    form = browser.form(browser.open("/sign-in?next=/passes"), "/sign-in")

    page = browser.send(form, status=401, email="nina@example.test", password="guessed")

    text = page.get_data(as_text=True)
    assert "do not belong together" in text
    again = browser.form(page, "/sign-in").fields
    assert (again["email"], again["next"], again["password"]) == ("nina@example.test", "/passes", "")


def test_too_many_attempts_are_told_with_how_long_to_wait(browser: Browser, studio: Studio) -> None:
    form = browser.form(browser.open("/sign-in"), "/sign-in")
    for _ in range(10):
        browser.send(form, status=401, email="nina@example.test", password="guessed")

    page = browser.send(form, status=429, email="nina@example.test", password="guessed")

    assert f"Wait {page.headers['Retry-After']} seconds" in page.get_data(as_text=True)


def leave(browser: Browser, *, everywhere: bool = False) -> Form:
    forms = [form for form in browser.forms(browser.open("/preferences")) if form.action == "/sign-out"]
    (form,) = [form for form in forms if ("everywhere" in form.fields) == everywhere]
    return form


def with_cookie(app: APIFlask, secret: str) -> Browser:
    thief = Browser(app.test_client())
    thief.http.set_cookie(COOKIE, secret)
    return thief


def secret_of(browser: Browser) -> str:
    cookie = browser.http.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def test_signing_out_ends_this_sign_in_also_for_who_kept_the_cookie(
    app: APIFlask, browser: Browser, me: Member
) -> None:
    kept = secret_of(browser)

    answer = browser.send(leave(browser))

    assert answer.headers["Location"] == "/"
    assert browser.http.get_cookie(COOKIE) is None
    assert with_cookie(app, kept).open("/bookings", status=303).headers["Location"].startswith("/sign-in")


def test_signing_out_leaves_the_other_browsers_signed_in(
    app: APIFlask, browser: Browser, studio: Studio, me: Member
) -> None:
    other = Browser(app.test_client())
    other.sign_in(studio, me)

    browser.send(leave(browser))

    other.open("/bookings")


def test_signing_out_everywhere_ends_every_sign_in_of_mine_and_of_nobody_else(
    app: APIFlask, browser: Browser, studio: Studio, me: Member
) -> None:
    other, stranger = Browser(app.test_client()), Browser(app.test_client())
    other.sign_in(studio, me)
    stranger.sign_in(studio, studio.a_member())

    browser.send(leave(browser, everywhere=True))

    for mine in (browser, other):
        assert mine.open("/bookings", status=303).headers["Location"] == "/sign-in?next=%2Fbookings"
    stranger.open("/bookings")


def test_signing_out_everywhere_ends_my_access_tokens_and_nobody_elses(
    app: APIFlask, browser: Browser, studio: Studio, me: Member
) -> None:
    mine, others = (Caller(app.test_client(), settings(), one) for one in (me, studio.a_member()))
    assert mine.get("/v1/me").status_code == 200

    browser.send(leave(browser, everywhere=True))

    problem(mine.get("/v1/me"), 401, "token_ended")
    assert mine.again().get("/v1/me").status_code == 200
    assert others.get("/v1/me").status_code == 200


def test_signing_out_here_leaves_access_tokens(app: APIFlask, browser: Browser, me: Member) -> None:
    browser.send(leave(browser))

    assert Caller(app.test_client(), settings(), me).get("/v1/me").status_code == 200


def test_signing_in_again_and_a_new_password_give_the_browser_a_new_secret(
    app: APIFlask, browser: Browser, studio: Studio, me: Member
) -> None:
    first = secret_of(browser)
    browser.http.post("/sign-in", data={"email": f"{me.id}@example.test", "password": PASSWORD})
    second = secret_of(browser)
    form = browser.form(browser.open("/preferences"), "/password")
    browser.send(form, current=PASSWORD, new="four other words entirely", repeated="four other words entirely")

    assert len({first, second, secret_of(browser)}) == 3
    browser.open("/bookings")
    for kept in (first, second):
        assert with_cookie(app, kept).open("/bookings", status=303).headers["Location"].startswith("/sign-in")


def test_who_is_signed_out_everywhere_while_signing_in_is_not_signed_in(
    browser: Browser, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password was looked at, and before the sign-in is written the member is signed out everywhere."""
    member = studio.a_member()
    begin = begin_sign_in

    def too_late(db: Db, member_id: MemberId, **about: Any) -> None:
        sign_out_everywhere(studio.db, member_id)
        begin(db, member_id, **about)

    monkeypatch.setattr("api.browser.begin_sign_in", too_late)
    browser.sign_in(studio, member)

    assert browser.open("/bookings", status=303).headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, None])
def test_a_form_from_elsewhere_signs_nobody_out(browser: Browser, me: Member, headers: dict[str, str] | None) -> None:
    form = leave(browser, everywhere=True)
    if headers is None:
        form.fields["form_token"] = ""

    browser.send(form, status=403, headers=headers)

    browser.open("/bookings")


@pytest.mark.parametrize("path", ["/sign-in", "/preferences"])
def test_the_pages_are_well_made(browser: Browser, studio: Studio, path: str) -> None:
    if path != "/sign-in":
        browser.sign_in(studio, studio.a_member())

    strictly(browser.open(path).get_data(as_text=True))


def test_an_address_nobody_answers_at_is_a_page_for_browsers_and_a_problem_for_others(browser: Browser) -> None:
    page = browser.http.get("/nothing/here", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    problem = browser.http.get("/nothing/here", headers={"Accept": "application/json"})

    assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in page.get_data(as_text=True)
    assert (problem.status_code, problem.content_type) == (404, "application/problem+json")
    assert browser.http.get("/v1/nothing", headers={"Accept": "text/html"}).content_type == "application/problem+json"
