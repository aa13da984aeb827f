"""How many may wait and listen at once: what is beyond is told so, or answered at once, and room comes back."""

from typing import Any

import pytest

from tests.integration.api.conftest import Caller, problem, services_of
from tests.integration.studio import Studio


def test_a_member_has_so_many_event_streams_open_and_no_more(
    me: Caller, studio: Studio, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.hub.STREAMS_OF_MEMBER_MAX", 2)
    responses = [me.stream() for _ in range(2)]
    for response in responses:
        listen(response).next()

    answer = me.stream()

    problem(answer, 429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
    listen(me.of(studio.a_member()).stream()).next()
    responses[0].close()
    listen(me.stream()).next()


def test_a_process_has_so_many_event_streams_open_and_no_more(
    me: Caller, studio: Studio, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = services_of(me.http.application).hub  # type: ignore[arg-type]
    monkeypatch.setattr("api.hub.STREAMS_MAX", hub._streaming + 1)
    first = me.stream()
    listen(first).next()

    answer = me.of(studio.a_member()).stream()

    problem(answer, 503, "not_ready")
    assert int(answer.headers["Retry-After"]) > 0
    first.close()
    listen(me.of(studio.a_member()).stream()).next()


def test_a_stream_that_could_not_begin_takes_no_room(me: Caller, studio: Studio) -> None:
    hub = services_of(me.http.application).hub  # type: ignore[arg-type]
    before = hub._streaming

    problem(me.stream("/v1/events?session_id=00000000-0000-4000-8000-000000000000"), 404, "session_not_found")

    assert hub._streaming == before


def test_where_as_many_wait_as_may_a_command_is_answered_at_once(
    me: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.hub.WAITERS_MAX", 0)

    answer = me.book(studio.a_session(), Prefer="wait=20")

    assert (answer.status_code, answer.json["status"]) == (202, "waiting")
    assert "Preference-Applied" not in answer.headers


def test_who_has_waited_makes_room(me: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch, serving: None) -> None:
    monkeypatch.setattr("api.hub.WAITERS_MAX", 1)

    for session_id in (studio.a_session(), studio.a_session()):
        assert me.book(session_id, Prefer="wait=20").status_code == 201
