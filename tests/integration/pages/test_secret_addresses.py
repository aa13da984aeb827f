"""An address that is a right by itself stays with whoever has it: in no log, in no referrer, in no other link."""

import re
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from apiflask import APIFlask
from gunicorn.config import Config  # type: ignore[import-untyped]
from structlog.testing import capture_logs

from api.access_log import AccessLog
from api.addresses import without_secret
from api.pages import passwords
from storage.settings import settings
from tests.integration.links import a_reset
from tests.integration.pages.conftest import Browser
from tests.integration.pages.strictly import strictly
from tests.integration.studio import Studio

SECRET = "s3cret-S3CRET_s3cret"
NEVER_LOGGED = ["/password/{}", "/calendar/{}.ics", "/unsubscribe/{}"]


@pytest.fixture
def path(studio: Studio) -> str:
    return f"/password/{a_reset(studio.db, studio.a_member())}"


def test_every_address_with_a_secret_in_it_can_be_logged_without(app: APIFlask) -> None:
    rules = [str(rule) for rule in app.url_map.iter_rules() if rule.arguments & {"secret", "token"}]

    assert len(rules) >= len(NEVER_LOGGED)
    for rule in rules:
        assert SECRET not in without_secret(re.sub(r"<[^>]+>", SECRET, rule)), rule


@pytest.mark.parametrize("address", NEVER_LOGGED)
def test_a_secret_is_left_out_of_whatever_it_stands_in(address: str) -> None:
    full = address.format(SECRET)

    for text in (full, f"https://book.example.com{full}?a=b", f"GET {full} HTTP/1.1", f"to {full} from {full}"):
        assert SECRET not in without_secret(text)
        assert address.split("{", maxsplit=1)[0] in without_secret(text)
    for harmless in ("/password-reset", "/password", "/preferences/calendar-feed", "/v1/me/password"):
        assert without_secret(harmless) == harmless


def raising(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("a fault"), 500), (psycopg.OperationalError("the server is away"), 503)]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_fault_of_the_page_is_logged_without_its_secret(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, method: str
) -> None:
    monkeypatch.setattr(passwords, "look_at_password_link", raising(error))

    with capture_logs() as logs:
        answer = getattr(browser.http, method)(f"/password/{SECRET}")

    assert answer.status_code == status
    assert len(logs) == 1
    assert SECRET not in str(logs)
    assert not [target for target in strictly(answer.text).links().values() if SECRET in target]


@pytest.mark.parametrize("error", [RuntimeError("a fault"), psycopg.OperationalError("the server is away")])
@pytest.mark.parametrize("address", NEVER_LOGGED[1:])
def test_a_fault_of_a_calendar_or_of_unsubscribing_is_logged_without_its_secret(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception, address: str
) -> None:
    monkeypatch.setattr("api.services.Services.ask", raising(error))
    monkeypatch.setattr("api.routes.unsubscribe.read_unsubscribe", raising(error))

    with capture_logs() as logs:
        browser.http.get(address.format(SECRET))

    assert len(logs) == 1
    assert SECRET not in str(logs)


@pytest.mark.parametrize("address", NEVER_LOGGED)
def test_the_access_log_has_no_secret(address: str) -> None:
    full = address.format(SECRET)
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": f"{full}?a=b",
        "PATH_INFO": full,
        "QUERY_STRING": "a=b",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": f"http://127.0.0.1{full}",
    }
    answer = SimpleNamespace(status="200 OK", sent=1, headers=[("Location", full)])
    took = SimpleNamespace(seconds=0, microseconds=1)
    request = SimpleNamespace(headers=[("REFERER", f"http://127.0.0.1{full}")])

    atoms = AccessLog(Config()).atoms(answer, request, environ, took)

    assert SECRET not in str(atoms)
    assert atoms["r"] == f"GET {address.split('{', maxsplit=1)[0]}...?a=b HTTP/1.1"


def test_a_reset_by_the_pages_leaves_no_secret_in_the_log(browser: Browser, path: str) -> None:
    with capture_logs() as logs:
        browser.open(path)
        browser.http.post(path, data={"new": "one", "repeated": "two"})
        browser.http.post(path, data={"new": "four other words entirely", "repeated": "four other words entirely"})
        browser.open(path, status=404)

    assert path.rpartition("/")[2] not in str(logs)


def test_no_other_site_and_no_file_of_ours_hears_the_address(browser: Browser, path: str) -> None:
    """Only the origin is told, which a form must come from; with `no-referrer` browsers would not even say that."""
    foreign = {"Origin": "https://evil.example"}
    answers = [
        browser.open(path),
        browser.open("/password/garbage", status=404),
        browser.http.post(path, data={"new": "one", "repeated": "two"}),
        browser.http.post(path, headers=foreign),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 422, 403]
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"strict-origin"}


@pytest.mark.parametrize("visitor", ["nobody", "a stranger"])
def test_no_link_of_the_page_carries_the_secret_on(browser: Browser, studio: Studio, path: str, visitor: str) -> None:
    secret = path.rpartition("/")[2]
    if visitor != "nobody":
        browser.sign_in(studio, studio.a_member())

    for answer in (browser.open(path), browser.http.post(path, headers={"Origin": "https://evil.example"})):
        links = strictly(answer.get_data(as_text=True)).links()
        assert links
        assert not [target for target in links.values() if secret in target]


def test_another_language_may_be_chosen_on_the_page_and_the_link_stays_good(browser: Browser, path: str) -> None:
    switch = browser.form(browser.open(path), "/language")

    answer = browser.send(switch, language="de")

    assert answer.headers["Location"] == path
    assert '<html lang="de">' in browser.open(path).text


def test_the_secret_is_made_with_this_installations_key(path: str) -> None:
    assert settings().secret_key not in path
