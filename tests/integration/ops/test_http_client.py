import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from domain.ids import PassId, TrainingSessionId
from ops import http_client
from ops.http_client import Answer, HttpClient, HttpError, Sender
from storage.identifiers import new_id

COMMAND = {"id": str(new_id()), "kind": "book_seat", "status": "waiting"}
APPLIED = {**COMMAND, "status": "applied"}
SENDER = Sender("a token", "a key", wait_seconds=5)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "BACK_OFF_SECONDS_FIRST", 0.001)
    monkeypatch.setattr(http_client, "BACK_OFF_SECONDS_MAX", 0.01)
    monkeypatch.setattr(http_client, "ASK_AGAIN_SECONDS", 0.001)


class Api:
    """An API that gives these answers one after the other (a status and a body, or None to hang up)."""

    def __init__(self, *answers: tuple[int, Any] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.headers)))
        given = self.answers.pop(0)
        if given is None:
            assert request.transport is not None
            request.transport.abort()
            raise asyncio.CancelledError
        status, body = given
        return web.json_response(body, status=status)

    def run(self, use: Callable[[HttpClient], Awaitable[Answer]]) -> Answer:
        async def whole() -> Answer:
            app = web.Application()
            app.router.add_route("*", "/{tail:.*}", self.answer)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            try:
                async with HttpClient(f"http://{host}:{port}/", connections=2) as client:
                    return await use(client)
            finally:
                await runner.cleanup()

        return asyncio.run(whole())


def book(client: HttpClient) -> Awaitable[Answer]:
    return client.book(SENDER, TrainingSessionId(new_id()), PassId(new_id()))


def test_a_booking_is_sent_once_with_its_key_and_its_wait() -> None:
    api = Api((201, APPLIED))
    answer = api.run(book)
    assert (answer.status, answer.is_settled, answer.attempts) == (201, True, 1)
    method, path, headers = api.asked[0]
    assert (method, path.split("/")[1:3]) == ("POST", ["v1", "sessions"])
    assert headers["Authorization"] == "Bearer a token"
    assert headers["Idempotency-Key"] == "a key"
    assert headers["Prefer"] == "wait=5"


@pytest.mark.parametrize("trouble", [None, (503, {"code": "database_unavailable"}), (429, {}), (500, {"code": "x"})])
def test_trouble_is_met_by_asking_again_under_the_same_key(trouble: tuple[int, Any] | None) -> None:
    api = Api(trouble, trouble, (202, COMMAND))
    answer = api.run(book)
    assert (answer.status, answer.attempts) == (202, 3)
    assert {headers["Idempotency-Key"] for _, _, headers in api.asked} == {"a key"}


def test_a_failed_command_is_an_outcome_and_not_asked_for_again() -> None:
    api = Api((500, {"code": "command_failed", "command": {**COMMAND, "status": "failed"}}))
    answer = api.run(book)
    assert answer.command is not None
    assert (answer.command["status"], len(api.asked)) == ("failed", 1)


def test_a_refusal_shows_the_command_within_the_problem() -> None:
    refused = {**COMMAND, "status": "refused", "reasons": [{"code": "pass_expired", "sentence": "..."}]}
    answer = Api((409, {"code": "refused", "command": refused})).run(book)
    assert answer.command == refused


def test_an_answer_without_a_command_ends_it_at_once() -> None:
    api = Api((401, {"code": "token_expired", "detail": "Sign in again."}))
    with pytest.raises(HttpError, match=r"refuses POST .* with 401: .*token_expired"):
        api.run(book)
    assert len(api.asked) == 1


def test_an_api_that_never_answers_well_gets_a_sentence() -> None:
    api = Api(*[(503, {"detail": "no"})] * http_client.RETRIES_MAX)
    with pytest.raises(HttpError, match="cannot be used"):
        api.run(book)
    assert not api.answers


def test_the_outcome_is_asked_for_until_there_is_one() -> None:
    api = Api((202, COMMAND), (200, COMMAND), (200, APPLIED))

    async def use(client: HttpClient) -> Answer:
        return await client.settled("a token", await book(client))

    answer = api.run(use)
    assert answer.command == APPLIED
    assert [path for _, path, _ in api.asked[1:]] == [f"/v1/commands/{COMMAND['id']}"] * 2


def test_a_command_that_waits_too_long_is_told_as_such() -> None:
    api = Api(*[(200, COMMAND)] * 1000)

    async def use(client: HttpClient) -> Answer:
        return await client.settled("a token", Answer(202, COMMAND, 0.0, 1), seconds_max=0.02)

    with pytest.raises(HttpError, match="still waits"):
        api.run(use)


def test_a_port_where_nobody_listens_gets_a_sentence() -> None:
    async def whole() -> None:
        async with HttpClient("http://127.0.0.1:9", connections=1) as client:
            await client.check_ready()

    with pytest.raises(HttpError, match="is not ready"):
        asyncio.run(whole())
