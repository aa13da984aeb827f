"""Outcomes that are never published, or not heard: the database is asked instead."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from api.services import Services
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, Frames, app_with, services_of, until
from tests.integration.studio import Studio

Listen = Callable[[TestResponse], Frames]


@pytest.fixture
def deaf(studio: Studio, closed_port: int) -> Iterator[tuple[Caller, Services]]:
    """An API whose Redis is away."""
    with app_with(replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0")) as app:
        yield Caller(app.test_client(), settings()).of(studio.a_member()), services_of(app)


def test_who_waits_for_an_outcome_that_is_not_published_is_answered(
    me: Caller, studio: Studio, serving: None, nothing_is_published: None
) -> None:
    assert me.book(studio.a_session(), **WAIT).status_code == 201


def test_who_listens_is_told_what_is_not_published(
    me: Caller, studio: Studio, serving: None, nothing_is_published: None, listen: Listen
) -> None:
    session_id = studio.a_session()
    frames = listen(me.stream(f"/v1/events?session_id={session_id}"))
    booked = me.book(session_id).json["id"]
    assert frames.next_state("command")["id"] == booked
    assert frames.next_state("booking")["status"] == "confirmed"
    assert frames.next_state("session", lambda state: state["position"] == 1)["booked"] == 1


def test_while_redis_is_away_who_waits_is_answered(deaf: tuple[Caller, Services], studio: Studio) -> None:
    caller, services = deaf
    session_id = studio.a_session()
    with ThreadPoolExecutor(1) as pool:
        booking = pool.submit(caller.book, session_id, **WAIT)
        until(lambda: bool(services.hub._waiters) and studio.serve(session_id).commands > 0)
        assert booking.result(20).status_code == 201
    assert not services.hub.listening.is_set()


def test_while_redis_is_away_who_listens_is_told_once(
    deaf: tuple[Caller, Services], studio: Studio, listen: Listen
) -> None:
    caller, _ = deaf
    sessions = [studio.a_session() for _ in range(2)]
    frames = listen(caller.stream(f"/v1/events?session_id={sessions[0]}"))
    booked = []
    for session_id in sessions:
        booked.append(caller.book(session_id).json["id"])
        studio.serve(session_id)
    told = [frames.next_state("command")["id"] for _ in booked]
    assert told == booked


def test_a_lost_subscription_is_made_anew_and_what_was_missed_is_told(
    me: Caller, studio: Studio, serving: None, redis: Redis, listen: Listen
) -> None:
    hub = services_of(me.http.application).hub  # type: ignore[arg-type]
    until(hub.listening.is_set)
    frames = listen(me.stream())
    for _ in range(2):
        # Only our own: the server may be shared with other test runs.
        ours = redis.connection_pool.connection_kwargs["db"]
        for client in redis.client_list(_type="pubsub"):
            if client["db"] == str(ours):
                redis.client_kill_filter(_id=client["id"])
        booked = me.book(studio.a_session(), **WAIT)
        assert booked.status_code == 201
        assert frames.next_state("command", lambda state, id_=booked.json["id"]: state["id"] == id_)  # type: ignore[misc]
    until(hub.listening.is_set)


def test_the_poller_does_not_repeat_what_was_heard(
    me: Caller, studio: Studio, serving: None, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.hub.LOOK_EVERY_SECONDS", 0.1)
    hub = services_of(me.http.application).hub  # type: ignore[arg-type]
    until(hub.listening.is_set)
    frames = listen(me.stream())
    first = me.book(studio.a_session(), **WAIT).json["id"]
    assert frames.next_state("booking")["id"] == first
    read_to = hub._poll.read_to
    until(lambda: hub._poll.read_to not in {None, read_to})
    second = me.book(studio.a_session(), **WAIT).json["id"]
    assert frames.next_state("booking")["id"] == second
