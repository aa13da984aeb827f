"""A process that has enough in hand turns away whoever comes, and tells them when to come again."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from structlog.testing import capture_logs

from api.in_hand import ALWAYS_ANSWERED, SAY_EVERY_SECONDS, InHand
from storage.settings import settings
from tests.clock import Clock
from tests.integration.api.conftest import Caller, app_with, problem, services_of, until
from tests.integration.api.running_server import running
from tests.integration.studio import Studio

REQUESTS_MAX = 3


@pytest.fixture
def small(studio: Studio) -> Iterator[APIFlask]:
    allowed = ("https://studio.example",)
    with app_with(replace(settings(), requests_in_hand_max=REQUESTS_MAX, cors_origins=allowed)) as app:
        yield app


@pytest.fixture
def me(small: APIFlask, studio: Studio) -> Caller:
    return Caller(small.test_client(), settings(), studio.a_member())


@pytest.fixture
def in_hand(small: APIFlask) -> InHand:
    return services_of(small).in_hand


@pytest.fixture
def busy(in_hand: InHand) -> Iterator[ExitStack]:
    """As many requests in hand as may be; closing this ends them."""
    with ExitStack() as requests:
        for _ in range(REQUESTS_MAX):
            requests.enter_context(in_hand.one())
        yield requests


def accepted(studio: Studio, session_id: Any) -> int:
    row = studio.db.execute("SELECT count(*) FROM commands WHERE training_session_id = %s", (session_id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_who_comes_to_a_busy_process_is_told_when_to_come_again(me: Caller, studio: Studio, busy: ExitStack) -> None:
    session_id = studio.a_session()

    answer = me.book(session_id)

    problem(answer, 503, "server_busy")
    assert 5 <= int(answer.headers["Retry-After"]) < 15
    assert accepted(studio, session_id) == 0
    busy.close()
    assert me.book(session_id).status_code == 202


def test_nothing_of_who_is_turned_away_is_looked_at(me: Caller, studio: Studio, busy: ExitStack) -> None:
    nonsense = me.http.post("/v1/tokens", data=b"{" * 100, headers={"Authorization": "Bearer of nothing"})

    problem(nonsense, 503, "server_busy")


def test_it_goes_on_saying_that_it_lives(me: Caller, busy: ExitStack) -> None:
    assert [me.get(path).status_code for path in ALWAYS_ANSWERED] == [200, 200, 200]


def test_a_browser_is_shown_a_page(me: Caller, busy: ExitStack) -> None:
    page = me.http.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    text = page.get_data(as_text=True)
    assert (page.status_code, page.content_type) == (503, "text/html; charset=utf-8")
    assert "Too many are asking at once" in text
    assert 'lang="de"' in text
    assert "script" not in page.headers["Content-Security-Policy"]
    assert int(page.headers["Retry-After"]) >= 5


def test_the_answer_has_the_headers_of_every_other(me: Caller, busy: ExitStack) -> None:
    for_scripts = me.http.get("/v1/sessions", headers={"Origin": "https://studio.example"}).headers
    elsewhere = me.http.get("/v1/sessions", headers={"Origin": "https://elsewhere.example"}).headers

    for headers in (for_scripts, elsewhere):
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert for_scripts["Access-Control-Allow-Origin"] == "https://studio.example"
    assert "Access-Control-Allow-Origin" not in elsewhere


def test_a_request_that_ended_in_a_fault_is_no_longer_in_hand(
    me: Caller, in_hand: InHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.auth.find_standing", lambda *_: 1 / 0)

    statuses = {me.get("/v1/me").status_code for _ in range(2 * REQUESTS_MAX)}

    assert statuses == {500}
    assert not in_hand.is_full


def test_it_is_said_now_and_then_how_many_were_turned_away(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr("api.in_hand.time.monotonic", clock)
    in_hand = InHand(0)
    clock.at = 100.0

    with capture_logs() as said:
        for _ in range(5):
            in_hand.turn_away()
        clock.at += SAY_EVERY_SECONDS
        in_hand.turn_away()

    assert [one["turned_away"] for one in said] == [1, 5]


@pytest.fixture
def server(_environment: None, tmp_path: Path) -> Iterator[Any]:
    with running(tmp_path / "said.txt", SEATLINE_REQUESTS_IN_HAND_MAX="2") as server:
        yield server


def test_who_waits_for_an_outcome_or_sends_slowly_keeps_nobody_out(server: Any, studio: Studio) -> None:
    waiting, session_id = studio.a_member(), studio.a_session()
    head = "\n".join(f"{name}: {value}" for name, value in server.head(waiting).items())
    body = f'{{"pass_id": "{waiting.pass_id}"}}'
    post = f"POST /v1/sessions/{session_id}/bookings HTTP/1.1\nHost: x\n{head}\nPrefer: wait=20\nContent-Length: "
    with ExitStack() as connections:
        for _ in range(3):
            connections.enter_context(server.open(f"{post}100\n"))
        patient: list[socket.socket] = []
        for _ in range(3):
            patient.append(connections.enter_context(server.open(f"{post}{len(body)}\n")))
            patient[-1].sendall(body.encode())
            until(lambda: accepted(studio, session_id) == len(patient))

        assert server.ask("GET", "/v1/me", waiting)[0] == 200

        studio.serve(session_id)
        assert sorted(connection.recv(4096).split()[1] for connection in patient) == [b"201", b"409", b"409"]
