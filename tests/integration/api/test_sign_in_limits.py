"""Whoever guesses a password is stopped, wherever from, and keeps out no member who has signed in there before."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from apiflask import APIFlask
from redis import Redis
from structlog.testing import capture_logs

from api import client_address, known_devices
from api.sign_in_limits import ADDRESS_KNOWN_SECONDS, UNKNOWN_AT_ONE_ACCOUNT
from storage.settings import settings
from tests.integration.api.conftest import Caller, app_with, problem
from tests.integration.links import a_reset
from tests.integration.pages.conftest import Browser
from tests.integration.passwords import PASSWORD, with_password
from tests.integration.studio import Member, Studio

ATTEMPTS = 2
HOME = "198.51.100.7"


@pytest.fixture
def behind_a_proxy(studio: Studio) -> Iterator[APIFlask]:
    """The API behind a trusted proxy, so that a test comes from wherever it says."""
    trusted = (ip_network("127.0.0.1/32"),)
    with app_with(replace(settings(), sign_in_attempts_max=ATTEMPTS, trusted_proxies=trusted)) as app:
        yield app


@pytest.fixture
def anybody(behind_a_proxy: APIFlask) -> Caller:
    return Caller(behind_a_proxy.test_client(), settings())


def email_of(member: Member) -> str:
    return f"{member.id}@example.test"


def tries(caller: Caller, member: Member | str, password: str = "guessed", *, address: str = HOME) -> Any:
    email = member if isinstance(member, str) else email_of(member)
    return caller.post("/v1/tokens", {"email": email, "password": password}, X_Forwarded_For=address)


def besieged(caller: Caller, member: Member | str) -> None:
    """Guess from many addresses until all the unknown together have to wait."""
    for number in range(ATTEMPTS * UNKNOWN_AT_ONE_ACCOUNT):
        problem(tries(caller, member, address=f"203.0.113.{number}"), 401, "sign_in_failed")
    answer = tries(caller, member, address="203.0.113.250")
    problem(answer, 429, "too_many_attempts")
    assert 0 < int(answer.headers["Retry-After"]) <= settings().sign_in_window_seconds


def test_many_addresses_together_guess_no_more_than_the_unknown_may(anybody: Caller, nina: Member) -> None:
    besieged(anybody, nina)

    problem(tries(anybody, nina, PASSWORD, address="203.0.113.251"), 429, "too_many_attempts")


def test_an_address_that_nobody_has_waits_as_well(anybody: Caller) -> None:
    besieged(anybody, "nobody@example.test")


def test_from_where_the_member_signed_in_before_they_sign_in_all_the_same(anybody: Caller, nina: Member) -> None:
    assert tries(anybody, nina, PASSWORD).status_code == 201
    besieged(anybody, nina)

    assert tries(anybody, nina, PASSWORD).status_code == 201


def test_from_there_nobody_guesses_for_ever_either(anybody: Caller, nina: Member) -> None:
    tries(anybody, nina, PASSWORD)
    for _ in range(ATTEMPTS):
        problem(tries(anybody, nina), 401, "sign_in_failed")

    problem(tries(anybody, nina, PASSWORD), 429, "too_many_attempts")


def test_an_address_is_known_for_the_account_that_signed_in_there_alone(
    anybody: Caller, studio: Studio, nina: Member, redis: Redis
) -> None:
    besieged(anybody, nina)
    olha = with_password(studio, studio.a_member())

    assert tries(anybody, olha, PASSWORD).status_code == 201

    problem(tries(anybody, nina, PASSWORD), 429, "too_many_attempts")
    (known,) = redis.keys("known:*")
    assert 0 < redis.ttl(known) <= ADDRESS_KNOWN_SECONDS


def signs_in(browser: Browser, member: Member, *, status: int, address: str, password: str = PASSWORD) -> None:
    form = {"email": email_of(member), "password": password}
    answer = browser.http.post("/sign-in", data=form, headers={"X-Forwarded-For": address})
    assert answer.status_code == status, answer.get_data(as_text=True)


def test_the_members_own_browser_signs_in_from_anywhere_all_the_same(
    behind_a_proxy: APIFlask, anybody: Caller, nina: Member
) -> None:
    mine, another = (Browser(behind_a_proxy.test_client()) for _ in range(2))
    signs_in(mine, nina, status=303, address=HOME)
    mine.http.delete_cookie("seatline_sign_in")
    besieged(anybody, nina)

    signs_in(another, nina, status=429, address="192.0.2.1")
    signs_in(mine, nina, status=303, address="192.0.2.1")


def test_who_has_the_members_browser_guesses_no_more_than_anybody(behind_a_proxy: APIFlask, nina: Member) -> None:
    stolen = Browser(behind_a_proxy.test_client())
    signs_in(stolen, nina, status=303, address=HOME)
    stolen.http.delete_cookie("seatline_sign_in")

    for number in range(ATTEMPTS):
        signs_in(stolen, nina, status=401, address=f"203.0.113.{number}", password="guessed")

    signs_in(stolen, nina, status=429, address="203.0.113.99")


def test_a_browser_is_known_for_those_who_signed_in_with_it_alone(
    behind_a_proxy: APIFlask, anybody: Caller, studio: Studio, nina: Member
) -> None:
    browser = Browser(behind_a_proxy.test_client())
    browser.sign_in(studio, studio.a_member())
    browser.http.delete_cookie("seatline_sign_in")
    besieged(anybody, nina)

    signs_in(browser, nina, status=429, address=HOME)


@pytest.mark.parametrize("forged", ["", "forged", "WyJkZXZpY2UiLCJhY2NvdW50Il0.c2lnbmF0dXJl"])
def test_a_forged_cookie_is_of_an_unknown_browser(
    behind_a_proxy: APIFlask, anybody: Caller, nina: Member, forged: str
) -> None:
    browser = Browser(behind_a_proxy.test_client())
    browser.http.set_cookie(known_devices.COOKIE, forged, path=known_devices.PATH)
    besieged(anybody, nina)

    signs_in(browser, nina, status=429, address=HOME)


def test_a_browser_knows_the_last_few_who_signed_in_and_keeps_its_name(
    behind_a_proxy: APIFlask, studio: Studio
) -> None:
    browser = Browser(behind_a_proxy.test_client())
    members = studio.members(known_devices.ACCOUNTS_MAX + 1)
    for member in members:
        browser.http.delete_cookie("seatline_sign_in")
        browser.sign_in(studio, member)
    cookie = browser.http.get_cookie(known_devices.COOKIE, path=known_devices.PATH)
    assert cookie is not None

    with behind_a_proxy.test_request_context(headers={"Cookie": f"{cookie.key}={cookie.value}"}):
        known = [known_devices.device_of(email_of(member)) for member in members]

    assert known[0] is None
    assert len(set(known[1:])) == 1


def test_the_cookie_is_sent_to_the_page_that_asks_for_the_password_alone(
    behind_a_proxy: APIFlask, studio: Studio
) -> None:
    browser = Browser(behind_a_proxy.test_client())
    answer = browser.sign_in(studio, studio.a_member())

    (said,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(known_devices.COOKIE)]

    assert {"HttpOnly", "SameSite=Lax", "Path=/sign-in"} <= set(said.split("; "))
    assert "example.test" not in said


def test_who_sets_a_password_by_a_mailed_link_signs_in_there_while_others_guess(
    anybody: Caller, studio: Studio, nina: Member
) -> None:
    besieged(anybody, nina)
    body = {"secret": a_reset(studio.db, nina), "new_password": "four other words entirely"}
    assert anybody.post("/v1/passwords", body, X_Forwarded_For=HOME).status_code == 204

    assert tries(anybody, nina, "four other words entirely").status_code == 201


def test_nobody_escapes_by_writing_another_address_where_no_proxy_is_trusted(studio: Studio, nina: Member) -> None:
    client_address._say_that_no_proxy_is_named.cache_clear()
    with app_with(replace(settings(), sign_in_attempts_max=ATTEMPTS)) as app:
        caller = Caller(app.test_client(), settings())
        with capture_logs() as logs:
            answers = [tries(caller, nina, address=f"203.0.113.{number}").status_code for number in range(ATTEMPTS + 1)]

    assert answers == [401] * ATTEMPTS + [429]
    assert [one["event"] for one in logs if "SEATLINE_TRUSTED_PROXIES" in one["event"]] == [
        "X-Forwarded-For is believed of nobody; if a proxy sent it, name it in SEATLINE_TRUSTED_PROXIES"
    ]


def test_nobody_escapes_by_another_address_of_the_same_ipv6_network(anybody: Caller, nina: Member) -> None:
    answers = [tries(anybody, nina, address=f"2001:db8::{number}").status_code for number in range(1, ATTEMPTS + 2)]

    assert answers == [401] * ATTEMPTS + [429]
