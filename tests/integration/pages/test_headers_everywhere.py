"""What every answer tells browsers and caches, whatever the address, and what cookies may do."""

from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from apiflask import APIFlask

from storage.settings import settings
from tests.integration.api.conftest import app_with
from tests.integration.pages.conftest import Browser
from tests.integration.pages.everywhere import Everything, everything, lines_of
from tests.integration.passwords import PASSWORD, with_password
from tests.integration.studio import Studio

STREAMS = {"/v1/events", "/v1/staff/events"}
KEPT_BY_NONE = {"no-store", "private, no-store"}
OF_EVERYBODY = {"/static/<path:filename>", "/sw.js"}
REFERRERS = {"no-referrer", "same-origin", "strict-origin"}


@pytest.fixture
def world(browser: Browser, studio: Studio) -> Everything:
    made = everything(browser, studio)
    browser.sign_in(studio, made.admin)
    return made


def test_every_answer_is_kept_by_no_shared_cache_framed_by_nobody_and_read_as_what_it_is(
    app: APIFlask, browser: Browser, world: Everything
) -> None:
    for method, rule in lines_of(app):
        path = world.path(rule)
        for asked in (path, f"{path}/nothing-here"):
            with browser.http.open(asked, method=method, buffered=rule not in STREAMS) as answer:
                headers = answer.headers
            assert headers["X-Content-Type-Options"] == "nosniff", rule
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], rule
            assert "default-src 'none'" in headers["Content-Security-Policy"], rule
            assert "script-src 'unsafe" not in headers["Content-Security-Policy"], rule
            assert headers["Referrer-Policy"] in REFERRERS, rule
            assert "Access-Control-Allow-Origin" not in headers, rule
            cached = headers["Cache-Control"]
            if rule in OF_EVERYBODY or rule.startswith("/calendar/"):
                assert "no-store" in cached or rule in OF_EVERYBODY or cached.startswith("private"), rule
            else:
                assert cached in KEPT_BY_NONE, (rule, cached)


@pytest.fixture
def encrypted(studio: Studio) -> Iterator[Browser]:
    """A browser at a studio whose address begins with https."""
    with app_with(replace(settings(), api_url="https://studio.example")) as app:
        yield Browser(app.test_client())


def cookies_of(headers: list[str]) -> SimpleCookie:
    cookies = SimpleCookie()
    for header in headers:
        cookies.load(header)
    return cookies


PATHS = {"seatline_device": "/sign-in"}
"""Where a cookie goes that does not go everywhere: which browser it is matters to whoever signs in alone."""


def signed_in_at(browser: Browser, studio: Studio, base: str) -> list[str]:
    member = with_password(studio, studio.a_member())
    form = {"email": f"{member.id}@example.test", "password": PASSWORD}
    answer = browser.http.post("/sign-in", data=form, base_url=base)
    assert answer.status_code == 303
    other = browser.http.post("/language", data={"language": "de"}, base_url=base)
    return [*answer.headers.getlist("Set-Cookie"), *other.headers.getlist("Set-Cookie")]


def test_where_the_address_is_encrypted_browsers_use_no_other_and_cookies_are_of_this_host_alone(
    encrypted: Browser, studio: Studio
) -> None:
    for path in ("/", "/v1/studio", "/nothing", "/static/tokens.css"):
        with encrypted.http.get(path) as answer:
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"

    cookies = cookies_of(signed_in_at(encrypted, studio, "https://localhost"))

    assert set(cookies) == {"__Host-seatline_sign_in", "seatline_device", "seatline_language"}
    for cookie in cookies.values():
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["domain"], cookie["path"]) == ("", PATHS.get(cookie.key, "/"))


def test_an_encrypted_sign_in_holds_is_ended_and_is_never_put_there_by_a_neighbour(
    encrypted: Browser, studio: Studio
) -> None:
    base = "https://localhost"
    secret = cookies_of(signed_in_at(encrypted, studio, base))["__Host-seatline_sign_in"].value
    by_hand = encrypted.http.application.test_client(use_cookies=False)

    def who(cookie: str) -> int:
        return by_hand.get("/v1/me", base_url=base, headers={"Cookie": cookie}).status_code

    assert who(f"__Host-seatline_sign_in={secret}") == 200
    assert who(f"seatline_sign_in={secret}") == 401, "a neighbouring host may set a cookie of this name"
    page = by_hand.get("/bookings", base_url=base, headers={"Cookie": f"__Host-seatline_sign_in={secret}"})
    form = encrypted.form(page, "/sign-out")
    ended = by_hand.post(
        form.action, data=form.fields, base_url=base, headers={"Cookie": f"__Host-seatline_sign_in={secret}"}
    )
    taken_back = cookies_of(ended.headers.getlist("Set-Cookie"))["__Host-seatline_sign_in"]
    assert (taken_back.value, taken_back["secure"], taken_back["path"]) == ("", True, "/")
    assert who(f"__Host-seatline_sign_in={secret}") == 401


def test_where_it_is_not_encrypted_the_cookies_are_as_safe_as_they_can_be(browser: Browser, studio: Studio) -> None:
    with browser.http.get("/") as answer:
        assert "Strict-Transport-Security" not in answer.headers

    cookies = cookies_of(signed_in_at(browser, studio, "http://localhost"))

    assert set(cookies) == {"seatline_sign_in", "seatline_device", "seatline_language"}
    for cookie in cookies.values():
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        assert cookie["path"] == PATHS.get(cookie.key, "/")
