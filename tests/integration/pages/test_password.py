"""Changing the password on a page."""

from typing import Any

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from api.auth import password_fits
from api.browser import COOKIE
from storage.settings import settings
from tests.integration.pages.conftest import Browser, Form
from tests.integration.pages.strictly import Page, strictly
from tests.integration.passwords import PASSWORD
from tests.integration.studio import Member, Studio

NEW = "four other words entirely"
FILLED: dict[str, Any] = {"current": PASSWORD, "new": NEW, "repeated": NEW}


def the_form(browser: Browser) -> Form:
    return browser.form(browser.open("/preferences"), "/password")


def read(page: TestResponse) -> Page:
    return strictly(page.get_data(as_text=True))


def fits(studio: Studio, member: Member, password: str) -> bool:
    row = studio.db.execute("SELECT password_hash FROM members WHERE id = %s", (member.id,)).fetchone()
    assert row is not None
    return password_fits(row[0], password)


def test_the_password_is_changed_and_this_browser_stays_signed_in_with_a_new_secret(
    browser: Browser, studio: Studio, me: Member
) -> None:
    before = browser.http.get_cookie(COOKIE)

    answer = browser.send(the_form(browser), **FILLED)

    assert "Your password is changed" in read(browser.open(answer.headers["Location"])).texts("strong")
    assert fits(studio, me, NEW)
    after = browser.http.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_every_other_browser_is_signed_out(app: APIFlask, browser: Browser, studio: Studio, me: Member) -> None:
    other, stranger = Browser(app.test_client()), Browser(app.test_client())
    other.sign_in(studio, me)
    stranger.sign_in(studio, studio.a_member())

    browser.send(the_form(browser), **FILLED)

    other.open("/bookings", status=303)
    stranger.open("/bookings")
    browser.open("/bookings")


@pytest.mark.parametrize(
    ("filled", "status", "field", "sentence"),
    [
        ({"current": "guessed"}, 403, "current", "This is not your password at present."),
        ({"current": ""}, 422, "current", "Write the password that you sign in with now."),
        ({"new": "nine char", "repeated": "nine char"}, 422, "new", "Choose one of 10 to 1024 characters."),
        ({"new": "a" * 1025, "repeated": "a" * 1025}, 422, "new", "Choose one of 10 to 1024 characters."),
        ({"new": NEW, "repeated": NEW.upper()}, 422, "repeated", "This is not the same as the new password."),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_changes(  # noqa: PLR0917 - one case a parameter
    browser: Browser, studio: Studio, me: Member, filled: dict[str, Any], status: int, field: str, sentence: str
) -> None:
    answer = browser.send(the_form(browser), status=status, **{**FILLED, **filled})

    page = read(answer)
    (error,) = page.all("p", "error")
    assert (error.attributes["id"], error.text) == (f"{field}_error", sentence)
    assert fits(studio, me, PASSWORD)
    again = browser.form(answer, "/password").fields
    assert {again[name] for name in FILLED} == {""}, "no password is sent back"


def test_a_form_without_its_fields_changes_nothing(browser: Browser, studio: Studio, me: Member) -> None:
    form = the_form(browser)
    form.fields = {"form_token": form.fields["form_token"]}

    page = read(browser.send(form, status=422))

    assert [one.attributes["id"] for one in page.all("p", "error")] == ["current_error", "new_error"]
    assert fits(studio, me, PASSWORD)


def test_after_too_many_attempts_the_page_says_how_long_to_wait(browser: Browser, studio: Studio, me: Member) -> None:
    form = the_form(browser)
    for _ in range(settings().sign_in_attempts_max):
        browser.send(form, status=403, **{**FILLED, "current": "guessed"})

    answer = browser.send(form, status=429, **FILLED)

    assert f"Wait {answer.headers['Retry-After']} seconds" in read(answer).texts("p", "error")[0]
    assert fits(studio, me, PASSWORD)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, None])
def test_a_form_from_elsewhere_changes_nothing(
    browser: Browser, studio: Studio, me: Member, headers: dict[str, str] | None
) -> None:
    form = the_form(browser)
    if headers is None:
        del form.fields["form_token"]

    browser.send(form, status=403, headers=headers, **FILLED)

    assert fits(studio, me, PASSWORD)


def test_when_the_sign_in_has_ended_nothing_changes_and_the_way_leads_back(
    browser: Browser, studio: Studio, me: Member
) -> None:
    form = the_form(browser)
    studio.db.execute("DELETE FROM sign_ins WHERE member_id = %s", (me.id,))

    answer = browser.send(form, headers={"Referer": "http://localhost/preferences"}, **FILLED)

    assert answer.headers["Location"] == "/sign-in?next=%2Fpreferences"
    assert fits(studio, me, PASSWORD)
