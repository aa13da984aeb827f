"""HTTP to servers that others name: nothing private is called, nothing is followed, little is read."""

import ipaddress
import socket
from dataclasses import replace
from typing import Any

import pytest

from storage.settings import Settings
from tests.integration.providers.conftest import Opened, Run
from tests.integration.providers.http_server import Answer, HttpServer
from tests.integration.providers.server_thread import HOST, Certificates, ServerThread
from tests.integration.providers.worlds import VAPID_KEY, WEBHOOK_SECRET, HttpWorld
from tests.messages.telling import some_settings
from workers.providers import guarded_http
from workers.providers.guarded_http import SAID_CHARACTERS_MAX
from workers.providers.outcomes import GiveUp, Provider, Sent, TryAgain
from workers.providers.web_push import WebPushProvider
from workers.providers.webhook import WebhookProvider

PUBLIC_ONLY = some_settings(vapid_private_key=VAPID_KEY)
LOOPBACK = (
    HOST,
    "localhost",
    "0.0.0.0",
    "0x7f000001",
    "①27.0.0.1",
    "127。0。0。1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
)
LOOPBACK_IN_ODD_WORDS = ("LOCALHOST.", "127.1", "2130706433", "0177.0.0.1")  # refused by the HTTP library as well


@pytest.fixture
def world(opened: Opened, server_thread: ServerThread) -> HttpWorld:
    return opened(HttpWorld.of_webhooks(HttpServer(server_thread)))


@pytest.fixture(params=[WebhookProvider, WebPushProvider])
def public_only(request: pytest.FixtureRequest, run: Run) -> Any:
    provider = request.param(PUBLIC_ONLY)
    yield provider
    run(provider.close())


def send_to(run: Run, provider: Provider, world: HttpWorld, url: str) -> object:
    """Send to this URL by webhook or by push."""
    delivery = world.delivery()
    keys = world.device.keys(url) | {"secret": WEBHOOK_SECRET}
    return run(provider.send(replace(delivery, channel=provider.channel, address=url, keys=keys)))


def is_refused(attempt: object) -> bool:
    assert isinstance(attempt, GiveUp), attempt
    assert not attempt.address_gone
    return "SEATLINE_PRIVATE_TARGETS=1" in attempt.why


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", LOOPBACK + LOOPBACK_IN_ODD_WORDS)
def test_the_private_network_is_not_called_whatever_it_is_called(
    world: HttpWorld, run: Run, public_only: Provider, host: str, scheme: str
) -> None:
    attempt = send_to(run, public_only, world, f"{scheme}://{host}:{world.server.port}/")

    assert is_refused(attempt)
    assert not world.server.connections


@pytest.mark.parametrize("host", LOOPBACK)
def test_the_socket_itself_refuses_what_an_earlier_look_let_pass(
    world: HttpWorld, run: Run, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_http, "refusal_of", lambda *_: None)
    provider = WebhookProvider(PUBLIC_ONLY)

    attempt = send_to(run, provider, world, f"http://{host}:{world.server.port}/")
    run(provider.close())

    assert is_refused(attempt)
    assert not world.server.connections


def lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let each name lead to these addresses, as a name server does that somebody else runs."""

    def getaddrinfo(_: str, port: int, *__: object) -> list[tuple[object, ...]]:
        found = [(ipaddress.ip_address(address).version, address) for address in addresses]
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(families[version], socket.SOCK_STREAM, 6, "", (address, port)) for version, address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "addresses", [(HOST,), ("10.0.0.1",), ("169.254.169.254",), ("::1", HOST), (HOST, "10.0.0.1", "::1")]
)
def test_a_name_that_leads_into_the_private_network_is_not_followed_there(
    world: HttpWorld, run: Run, public_only: Provider, addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(monkeypatch, *addresses)

    attempt = send_to(run, public_only, world, f"https://hooks.example.com:{world.server.port}/")

    assert is_refused(attempt)
    assert not world.server.connections


def test_a_name_is_looked_at_again_at_each_connection(
    world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that was private at first and public later is called then, and the other way round it is not."""
    connected: list[str] = []

    def unconnected(address_info: Any) -> socket.socket:
        connected.append(address_info[4][0])
        raise ConnectionRefusedError("nobody is there")

    monkeypatch.setattr(guarded_http, "_any_socket", unconnected)
    provider = WebhookProvider(PUBLIC_ONLY)
    url = f"https://hooks.example.com:{world.server.port}/"

    for address in ("93.184.215.14", HOST, "93.184.215.14"):
        lead_to(monkeypatch, address)
        send_to(run, provider, world, url)
        run(provider.close())

    assert connected == ["93.184.215.14", "93.184.215.14"]


def test_a_redirect_is_not_followed(world: HttpWorld, run: Run, server_thread: ServerThread) -> None:
    private = HttpServer(server_thread)
    private.start()
    world.server.usual = Answer(307, "over there", {"Location": f"{private.origin}/secrets"})

    attempt = run(world.provider.send(world.delivery()))

    assert attempt == TryAgain("307 over there")
    assert not private.connections
    private.stop()


def test_no_cookie_is_sent_back(world: HttpWorld, run: Run) -> None:
    world.server.usual = Answer(200, "", {"Set-Cookie": "seen=1; Path=/"})

    for _ in range(2):
        run(world.provider.send(world.delivery()))

    assert [received.headers.get("cookie") for received in world.server.received] == [None, None]


def test_a_proxy_of_the_environment_is_not_used(world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"http://{HOST}:1")

    assert isinstance(run(world.provider.send(world.delivery())), Sent)


def test_an_answer_without_end_is_read_for_a_few_words(world: HttpWorld, run: Run) -> None:
    world.server.usual = Answer(200, "many\nwords " * 100, endless=True)

    for _ in range(2):
        attempt = run(world.provider.send(world.delivery()))

        assert isinstance(attempt, Sent)
        assert attempt.said.startswith("200 many words many")
        assert len(attempt.said) <= SAID_CHARACTERS_MAX + len("200 ")


def test_connections_are_kept(world: HttpWorld, run: Run) -> None:
    for number in range(5):
        run(world.provider.send(world.delivery(number)))

    assert len(world.server.connections) == 1


def test_a_kept_connection_that_breaks_is_replaced_at_once(world: HttpWorld, run: Run) -> None:
    run(world.provider.send(world.delivery(1)))
    world.server.answers.append(Answer(breaks_off=True))

    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)

    keys = [received.headers["webhook-id"] for received in world.server.received]
    assert keys == ["notice-1", "notice-2", "notice-2"]


def test_a_fresh_connection_that_breaks_is_held_against_the_server(world: HttpWorld, run: Run) -> None:
    world.server.answers.append(Answer(breaks_off=True))

    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, TryAgain)
    assert attempt.server_down
    assert len(world.server.received) == 1


def test_a_server_that_does_not_answer_in_time_is_down(
    world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_http, "CALL_SECONDS_MAX", 1.0)
    world.server.answers.append(Answer(hangs=True))

    attempt = run(world.provider.send(world.delivery()))

    assert attempt == TryAgain(f"{HOST}:{world.server.port} did not answer in time", server_down=True)


def test_the_status_is_the_answer_even_if_no_words_follow(
    world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_http, "CALL_SECONDS_MAX", 1.0)
    world.server.answers.append(Answer(200, stalls=True))

    assert run(world.provider.send(world.delivery())) == Sent("200")


def test_a_name_that_leads_nowhere_is_down(world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    attempt = send_to(run, world.provider, world, "https://hooks.example.com/")

    assert isinstance(attempt, TryAgain)
    assert attempt.server_down
    assert "the name hooks.example.com leads to no address" in attempt.why


def test_a_server_that_cannot_show_whose_it_is_gets_nothing(
    run: Run, server_thread: ServerThread, certificates: Certificates, opened: Opened
) -> None:
    for tls, why in ((certificates.stranger, "certificate"), (None, "cannot be reached")):
        world = opened(HttpWorld.of_webhooks(HttpServer(server_thread, tls), tls=certificates.client))

        attempt = send_to(run, world.provider, world, f"https://{HOST}:{world.server.port}/")

        assert isinstance(attempt, TryAgain)
        assert attempt.server_down
        assert why in attempt.why
        assert not world.server.received


def test_with_the_setting_the_private_network_is_called(world: HttpWorld, run: Run) -> None:
    settings: Settings = world.settings

    assert settings.private_targets
    assert isinstance(send_to(run, world.provider, world, f"http://localhost:{world.server.port}/"), Sent)
