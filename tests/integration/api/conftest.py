"""The API under test, in this process: a client that speaks for a member, and a worker that serves what is queued."""

import json
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from psycopg_pool import ConnectionPool
from redis import Redis
from werkzeug.test import TestResponse

from api.app import create_app
from api.auth import make_token
from api.services import EXTENSION, Services
from domain.ids import MemberId, TrainingSessionId
from domain.roles import Role
from storage.database import Db
from storage.process_roles import Process
from storage.settings import Settings, settings
from tests.databases import url_of
from tests.integration.studio import Member, Studio
from workers import lane, outcomes
from workers.queues import QueueName

WAIT = {"Prefer": "wait=20"}


@dataclass
class Caller:
    """Speaks to the API, for a member or for nobody; answers with werkzeug's test responses."""

    http: FlaskClient
    settings: Settings
    member: Member | None = None
    token_generation: int = 0

    def of(self, member: Member) -> "Caller":
        return replace(self, member=member, token_generation=0)

    def again(self, by: int = 1) -> "Caller":
        """Return the same one, who was signed out everywhere so many times and has signed in again."""
        return replace(self, token_generation=self.token_generation + by)

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.http.post(path, json=body, headers=self._headers(headers))

    def patch(self, path: str, body: Any) -> Any:
        return self.http.patch(path, json=body, headers=self._headers({}))

    def delete(self, path: str) -> Any:
        return self.http.delete(path, headers=self._headers({}))

    def book(self, session_id: UUID, **headers: str) -> Any:
        assert self.member is not None
        return self.post(f"/v1/sessions/{session_id}/bookings", {"pass_id": str(self.member.pass_id)}, **headers)

    def cancel(self, booking_id: Any, **headers: str) -> Any:
        return self.post(f"/v1/bookings/{booking_id}/cancellation", **headers)

    def stream(self, path: str = "/v1/events", **headers: str) -> Any:
        return self.http.get(path, headers=self._headers(headers), buffered=False)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        plain = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.member is not None:
            plain["Authorization"] = f"Bearer {make_token(self.settings, self.member.id, self.token_generation)}"
        return plain


@contextmanager
def app_with(settings: Settings) -> Iterator[APIFlask]:
    """The API with these settings, under the API's own role in the database."""
    app = create_app(replace(settings, database_url=url_of(Process.API, settings.database_url)))
    yield app
    for thread in threading.enumerate():
        if thread.name.startswith("probe"):
            # A server that hangs is given up by the answer before the thread that asks it gives up.
            thread.join()
    services_of(app).close()


def services_of(app: APIFlask) -> Services:
    services = app.extensions[EXTENSION]
    assert isinstance(services, Services)
    return services


@pytest.fixture(scope="session")
def app(_environment: None) -> Iterator[APIFlask]:
    with app_with(settings()) as app:
        yield app


@pytest.fixture
def anybody(app: APIFlask, studio: Studio) -> Caller:
    return Caller(app.test_client(), settings())


@pytest.fixture
def me(anybody: Caller, studio: Studio) -> Caller:
    return anybody.of(studio.a_member())


def staff(anybody: Caller, studio: Studio, role: Role) -> Caller:
    member = studio.a_member()
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, member.id))
    return anybody.of(member)


@pytest.fixture
def admin(anybody: Caller, studio: Studio) -> Caller:
    return staff(anybody, studio, Role.ADMIN)


@pytest.fixture
def serving(pool: ConnectionPool[Db], redis: Redis) -> Iterator[None]:
    """Serve every token that is published, as a Celery worker does."""
    stopping = Event()

    def serve() -> None:
        while not stopping.wait(0.002):
            if message := redis.rpop(QueueName.SESSIONS):
                _, kwargs, _ = json.loads(b64decode(json.loads(str(message))["body"]))
                lane.serve(pool, redis, TrainingSessionId(UUID(kwargs["training_session_id"])))

    thread = Thread(target=serve)
    thread.start()
    yield
    stopping.set()
    thread.join()


@pytest.fixture
def nothing_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker leaves that dies between commit and publishing."""
    monkeypatch.setattr(outcomes, "announce", lambda *_: None)


@dataclass
class Frames:
    """Reads an event stream one event at a time; comments are passed over."""

    response: TestResponse

    def __post_init__(self) -> None:
        self._chunks = iter(self.response.iter_encoded())
        self._text = ""

    def next(self) -> dict[str, str]:
        while True:
            while "\n\n" not in self._text:
                self._text += next(self._chunks).decode()
            block, self._text = self._text.split("\n\n", 1)
            lines = [line.partition(": ") for line in block.split("\n") if not line.startswith(":")]
            if lines:
                return {name: value for name, _, value in lines}

    def next_state(self, event: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        while True:
            frame = self.next()
            state = json.loads(frame.get("data", "{}"))
            if frame.get("event") == event and wanted(state):
                return {**state, "event_id": int(frame["id"])}


@pytest.fixture
def listen() -> Iterator[Callable[[TestResponse], Frames]]:
    responses: list[TestResponse] = []

    def frames(response: TestResponse) -> Frames:
        assert response.status_code == 200, response.get_data()
        responses.append(response)
        return Frames(response)

    yield frames
    for response in responses:
        response.close()


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Return the problem's members, having seen that it is one and says the same everywhere."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/docs#{code}")
    assert body["title"]
    assert body["detail"].endswith(".")
    return body


def reasons(body: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in body["reasons"]]


def token_of(settings: Settings, member_id: MemberId) -> str:
    return f"Bearer {make_token(settings, member_id)}"


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited in vain")


@pytest.fixture
def closed_port() -> int:
    """Return a port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])
