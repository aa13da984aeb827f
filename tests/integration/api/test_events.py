import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from api import streams
from api.happenings import Happening
from api.routes import events
from domain.commands import CancelSession
from domain.ids import MemberId
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, Frames, app_with, problem
from tests.integration.studio import Studio

Listen = Callable[[TestResponse], Frames]


def test_a_stream_begins_with_the_sessions_it_watches(me: Caller, studio: Studio, listen: Listen) -> None:
    sessions = {str(studio.a_session()) for _ in range(2)}
    query = "&".join(f"session_id={id_}" for id_ in sessions)
    answer = me.stream(f"/v1/events?{query}")
    assert answer.content_type == "text/event-stream; charset=utf-8"
    frames = listen(answer)
    assert frames.next()["retry"] == "2000"
    states = [frames.next_state("session") for _ in sessions]
    assert {state["id"] for state in states} == sessions
    assert {(state["spots_left"], state["waitlisted"], state["status"]) for state in states} == {(2, 0, "scheduled")}


def test_my_command_my_booking_and_the_session_are_told(
    me: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    session_id = studio.a_session()
    frames = listen(me.stream(f"/v1/events?session_id={session_id}"))
    command_id = me.book(session_id).json["id"]
    command = frames.next_state("command")
    assert (command["id"], command["status"], command["kind"]) == (command_id, "applied", "book_seat")
    booking = frames.next_state("booking")
    assert (booking["id"], booking["session_id"], booking["status"]) == (command_id, str(session_id), "confirmed")
    session = frames.next_state("session", lambda state: state["position"] == 1)
    assert (session["booked"], session["spots_left"]) == (1, 1)
    assert abs(command["event_id"] / 1e6 - datetime.now(UTC).timestamp()) < 60


def test_a_refusal_is_told_with_its_reasons(me: Caller, studio: Studio, serving: None, listen: Listen) -> None:
    frames = listen(me.stream())
    me.post(f"/v1/sessions/{studio.a_session()}/bookings", {"pass_id": str(uuid4())})
    command = frames.next_state("command")
    assert command["status"] == "refused"
    assert [reason["code"] for reason in command["reasons"]] == ["pass_not_found"]
    assert command["reasons"][0]["sentence"].endswith(".")


def test_a_promoted_member_is_told_though_another_gave_the_command(
    me: Caller, anybody: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    session_id = studio.a_session(capacity=1)
    other = anybody.of(studio.a_member())
    first = other.book(session_id, **WAIT).json["id"]
    mine = me.book(session_id, **WAIT).json["id"]
    frames = listen(me.stream())
    other.cancel(first, **WAIT)
    promoted = frames.next_state("booking")
    assert (promoted["id"], promoted["status"]) == (mine, "confirmed")


def test_nobody_hears_of_others(me: Caller, anybody: Caller, studio: Studio, serving: None, listen: Listen) -> None:
    frames = listen(me.stream())
    anybody.of(studio.a_member()).book(studio.a_session(), **WAIT)
    mine = me.book(studio.a_session(), **WAIT).json["id"]
    assert frames.next_state("command")["id"] == mine
    assert frames.next_state("booking")["id"] == mine


def test_whoever_comes_again_is_told_what_has_changed_since(
    me: Caller, anybody: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    session_id = studio.a_session(capacity=1)
    other = anybody.of(studio.a_member())
    first = other.book(session_id, **WAIT).json["id"]
    waiting = me.book(session_id, **WAIT).json["id"]
    frames = listen(me.stream(f"/v1/events?session_id={session_id}"))
    last = frames.next()["id"]
    frames.response.close()
    other.cancel(first, **WAIT)
    again = listen(me.stream(f"/v1/events?session_id={session_id}", Last_Event_ID=last))
    assert again.next_state("booking")["status"] == "confirmed"
    assert again.next_state("session")["position"] == 3
    assert int(last) < microseconds_of(me.get(f"/v1/commands/{waiting}").json["booking"]["promoted_at"]) + 60_000_000


def microseconds_of(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def test_what_changed_long_before_is_not_told_again(me: Caller, studio: Studio, serving: None, listen: Listen) -> None:
    session_id = studio.a_session()
    booked = me.book(session_id, **WAIT).json["id"]
    studio.db.execute("UPDATE commands SET applied_at = now() - interval '1 minute' WHERE id = %s", (booked,))
    studio.db.execute("UPDATE bookings SET changed_at = now() - interval '1 minute' WHERE id = %s", (booked,))
    now = microseconds_of(datetime.now(UTC).isoformat())
    frames = listen(me.stream(Last_Event_ID=str(now)))
    later = me.book(studio.a_session(), **WAIT).json["id"]
    assert frames.next_state("command")["id"] == later


def test_bookings_of_sessions_that_have_started_are_not_caught_up(
    me: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    past, future = studio.a_session(), studio.a_session()
    me.book(past, **WAIT)
    kept = me.book(future, **WAIT).json["id"]
    studio.db.execute("UPDATE bookings SET starts_at = now() WHERE training_session_id = %s", (past,))
    frames = listen(me.stream(Last_Event_ID=str(microseconds_of(datetime.now(UTC).isoformat()))))
    assert frames.next_state("booking")["id"] == kept


def test_a_cancelled_session_is_told_to_those_who_watch_it(
    me: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    session_id = studio.a_session()
    frames = listen(me.stream(f"/v1/events?session_id={session_id}"))
    studio.ask(session_id, studio.staff, CancelSession("no teacher"))
    assert frames.next_state("session", lambda state: state["position"] == 1)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ("", "yesterday", 422),
        ("", "-5", 422),
        ("", "9" * 17, 422),
        ("?session_id=7", None, 422),
        ("?session=01a20546-ab15-7823-bf12-b0ab893113c4", None, 422),
        ("?" + "&".join(["session_id=01a20546-ab15-7823-bf12-b0ab893113c4"] * 51), None, 422),
        ("?session_id=01a20546-ab15-7823-bf12-b0ab893113c4", None, 404),
    ],
)
def test_a_stream_that_cannot_be_is_refused(me: Caller, query: str, header: str | None, status: int) -> None:
    headers = {} if header is None else {"Last_Event_ID": header}
    answer = me.stream(f"/v1/events{query}", **headers)
    body = problem(answer, status, "invalid_input" if status == 422 else "session_not_found")
    assert body["errors"]


@pytest.mark.parametrize("last", ["0", "9999999999999999"])
def test_any_moment_can_be_gone_on_from(me: Caller, last: str, listen: Listen) -> None:
    assert "id" in listen(me.stream(Last_Event_ID=last)).next()


def test_streams_are_for_members(anybody: Caller) -> None:
    problem(anybody.stream(), 401, "token_missing")


def test_a_quiet_stream_says_that_it_lives(me: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    answer = me.stream()
    chunks = answer.iter_encoded()
    assert next(chunks).startswith(b"retry:")
    assert b"event: inbox\n" in next(chunks)
    assert any(chunk == b": nothing new\n\n" for chunk in chunks)
    answer.close()


def test_a_stream_ends_with_its_token(studio: Studio) -> None:
    with app_with(replace(settings(), token_seconds=2)) as app:
        answer = Caller(app.test_client(), settings()).of(studio.a_member()).stream()
        text = b"".join(answer.iter_encoded())
        answer.close()
    assert text.endswith(b": the token has expired, sign in again\n\n")


def test_a_client_that_cannot_keep_up_is_sent_away(
    me: Caller, studio: Studio, serving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PENDING_MAX", 2)
    answer = me.stream()
    chunks = answer.iter_encoded()
    next(chunks)
    session_id = studio.a_session()
    for _ in range(3):
        me.cancel(me.book(session_id).json["id"], **WAIT)
    time.sleep(0.2)
    assert b"come again with Last-Event-ID" in b"".join(chunks)
    answer.close()


def a_happening(order: int, **state: Any) -> Happening:
    return Happening("session", UUID_ONE, datetime.now(UTC), order, state)


UUID_ONE = uuid4()


def test_a_slow_client_hears_only_the_latest_state() -> None:
    stream = streams.Stream(MemberId(uuid4()), frozenset({UUID_ONE}))
    for order in (1, 3, 2):
        stream.put(a_happening(order, number=order))
    assert [happening.state for happening in stream.take(0)] == [{"number": 3}]
    assert list(stream.take(0)) == []


def test_a_closed_stream_leaves_nothing_behind(me: Caller, studio: Studio) -> None:
    from tests.integration.api.conftest import services_of  # noqa: PLC0415

    hub = services_of(me.http.application).hub  # type: ignore[arg-type]
    before = len(hub._by_member), len(hub._by_session)
    answer = me.stream(f"/v1/events?session_id={studio.a_session()}")
    assert (len(hub._by_member), len(hub._by_session)) == (before[0] + 1, before[1] + 1)
    answer.close()
    refused = me.stream(f"/v1/events?session_id={uuid4()}")
    refused.close()
    assert (len(hub._by_member), len(hub._by_session)) == before
