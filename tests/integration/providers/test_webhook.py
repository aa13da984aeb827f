"""Webhooks: what an operator's server gets, how it is signed, and what each status comes to."""

import json
from dataclasses import replace

import pytest

from tests.integration.providers.conftest import Opened, Run
from tests.integration.providers.http_server import Answer, HttpServer
from tests.integration.providers.server_thread import ServerThread
from tests.integration.providers.worlds import WEBHOOK_SECRET, HttpWorld
from workers.messages.events import event_of
from workers.providers.outcomes import GiveUp, Sent, TryAgain
from workers.providers.webhook import signature


@pytest.fixture
def world(opened: Opened, server_thread: ServerThread) -> HttpWorld:
    return opened(HttpWorld.of_webhooks(HttpServer(server_thread)))


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that libraries for Standard Webhooks are tested with."""
    signed = signature(WEBHOOK_SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_server_gets_the_event_as_compact_json(world: HttpWorld, run: Run) -> None:
    delivery = world.delivery(7, member_name="Олена")
    event = event_of(delivery.notice)

    attempt = run(world.provider.send(delivery))

    assert attempt == Sent("200")
    (received,) = world.server.received
    assert (received.path, received.headers["content-type"]) == ("/for/maria", "application/json")
    assert received.headers["user-agent"] == "Seatline"
    assert json.loads(received.body) == event
    assert received.body == json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_second_sending_has_the_same_id(world: HttpWorld, run: Run) -> None:
    run(world.provider.send(world.delivery(7)))
    run(world.provider.send(replace(world.delivery(7), attempts=2)))

    assert [received.headers["webhook-id"] for received in world.server.received] == ["notice-7", "notice-7"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_status_of_2xx_is_sent(world: HttpWorld, run: Run, status: int) -> None:
    world.server.usual = Answer(status)

    assert run(world.provider.send(world.delivery())) == Sent(str(status))


def test_an_endpoint_that_is_gone_is_given_up_with_its_address(world: HttpWorld, run: Run) -> None:
    world.server.usual = Answer(410, "moved out")

    assert run(world.provider.send(world.delivery())) == GiveUp("410 moved out", address_gone=True)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
def test_another_status_is_tried_again_when_the_server_says(world: HttpWorld, run: Run, status: int) -> None:
    down = status >= 500
    world.server.answers.append(Answer(status, "not now", {"Retry-After": "60"}))
    world.server.answers.append(Answer(status, "not now"))

    told_when, not_told = (run(world.provider.send(world.delivery())) for _ in range(2))

    assert told_when == TryAgain(f"{status} not now", server_down=down, after_seconds=60.0)
    assert not_told == TryAgain(f"{status} not now", server_down=down)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("", "whsec_"),
        ("whsec_", "whsec_"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"),
        ("whsec_not base64", "base64"),
        ("whsec_ключ", "base64"),
    ],
)
def test_a_secret_that_is_none_is_given_up_unsent(world: HttpWorld, run: Run, secret: str, why: str) -> None:
    attempt = run(world.provider.send(replace(world.delivery(), keys={"secret": secret})))

    assert isinstance(attempt, GiveUp)
    assert why in attempt.why
    assert "MfKQ" not in attempt.why
    assert not world.server.received
