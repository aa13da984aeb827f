from collections.abc import Iterator
from dataclasses import replace

import pytest

from storage.settings import settings
from tests.integration.api.conftest import Caller, app_with
from tests.integration.studio import Studio

ORIGIN = "https://studio.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "prefer"}


@pytest.fixture
def shared(studio: Studio) -> Iterator[Caller]:
    """An API that one other origin may use."""
    with app_with(replace(settings(), cors_origins=(ORIGIN,))) as app:
        yield Caller(app.test_client(), settings()).of(studio.a_member())


@pytest.mark.parametrize("path", ["/v1/me", "/v1/sessions", "/live", "/nothing", "/docs", "/openapi.json"])
def test_every_answer_tells_browsers_to_be_careful(me: Caller, path: str) -> None:
    headers = me.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_an_allowed_origin_may_ask_beforehand(shared: Caller) -> None:
    answer = shared.http.options("/v1/tokens", headers={"Origin": ORIGIN, **PREFLIGHT})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, PATCH, DELETE"
    for header in ("Authorization", "Idempotency-Key", "Prefer", "Last-Event-ID"):
        assert header in answer.headers["Access-Control-Allow-Headers"]


def test_an_allowed_origin_may_read_answers_and_problems(shared: Caller) -> None:
    for path in ("/v1/me", "/nothing"):
        headers = shared.get(path, Origin=ORIGIN).headers
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Location" in headers["Access-Control-Expose-Headers"]
        assert "Origin" in headers["Vary"]


@pytest.mark.parametrize("origin", ["https://other.example", "null", ORIGIN + ".evil.example"])
def test_other_origins_may_not(shared: Caller, me: Caller, origin: str) -> None:
    for caller in (shared, me):
        assert "Access-Control-Allow-Origin" not in caller.get("/v1/sessions", Origin=origin).headers
        answer = caller.http.options("/v1/tokens", headers={"Origin": origin, **PREFLIGHT})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_star_allows_every_origin(studio: Studio) -> None:
    with app_with(replace(settings(), cors_origins=("*",))) as app:
        answer = Caller(app.test_client(), settings()).get("/v1/sessions", Origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
