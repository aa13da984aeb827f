"""Web push: what a push server and a device get, what each status comes to, and subscriptions that make no sense."""

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.channels import Channel
from storage.settings import SettingsError
from tests.integration.providers.conftest import Opened, Run
from tests.integration.providers.device import Device, claims_of
from tests.integration.providers.http_server import Answer, HttpServer, Received
from tests.integration.providers.server_thread import ServerThread
from tests.integration.providers.worlds import VAPID_KEY, HttpWorld
from tests.messages.telling import a_delivery, some_settings
from workers.messages.push import push_for
from workers.providers import base64url, web_push
from workers.providers.outcomes import GiveUp, Sent, TryAgain
from workers.providers.vapid import application_server_key
from workers.providers.web_push import WebPushProvider


@pytest.fixture
def world(opened: Opened, server_thread: ServerThread) -> HttpWorld:
    return opened(HttpWorld.of_push(HttpServer(server_thread)))


def test_the_device_reads_the_example_of_the_standard() -> None:
    """RFC 8291, section 5: what the device of these tests decrypts is what browsers decrypt."""
    private = int.from_bytes(base64url.decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
    device = Device(ec.derive_private_key(private, ec.SECP256R1()), base64url.decode("BTBZMqHH6r4Tts7J_aSIgg"))
    body = base64url.decode(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )

    received = Received("/", MappingProxyType({"content-encoding": "aes128gcm"}), body)

    assert device.read(received) == "When I grow up, I want to be a watermelon"


def test_the_device_gets_the_message_and_the_push_server_how_to_treat_it(world: HttpWorld, run: Run) -> None:
    delivery = world.delivery()
    message = push_for(delivery, world.settings)

    attempt = run(world.provider.send(delivery))

    assert attempt == Sent("201")
    (received,) = world.server.received
    assert received.path == "/for/maria"
    assert world.device.read(received) == message.payload
    told = {name: received.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding")}
    assert told == {
        "ttl": str(message.ttl_seconds),
        "urgency": message.urgency,
        "topic": message.topic,
        "content-encoding": "aes128gcm",
    }


@pytest.mark.parametrize(
    ("differences", "subject"),
    [
        ({"vapid_subject": "mailto:admin@example.org"}, "mailto:admin@example.org"),
        ({"vapid_subject": "https://example.org"}, "https://example.org"),
        ({}, "mailto:hello@book.example.com"),
        ({"mail_from": ""}, "mailto:postmaster@book.example.com"),
        ({"mail_from": "", "api_url": "http://127.0.0.1:8000"}, "mailto:postmaster@127.0.0.1"),
    ],
)
def test_the_push_server_learns_whom_to_write_to(
    world: HttpWorld, run: Run, differences: dict[str, Any], subject: str
) -> None:
    changed = replace(world.settings, **differences)
    provider = WebPushProvider(changed)

    run(provider.send(world.delivery()))
    run(provider.close())

    claims = claims_of(world.server.received[0], server_key=application_server_key(changed))
    assert (claims["sub"], claims["aud"]) == (subject, world.server.origin)


def test_one_signature_serves_many_messages_until_it_is_old(
    world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(world.provider.send(world.delivery(1)))
    run(world.provider.send(world.delivery(2)))
    monkeypatch.setattr(web_push, "SIGNATURE_REUSED_SECONDS", -1)
    run(world.provider.send(world.delivery(3)))

    first, second, third = (received.headers["authorization"] for received in world.server.received)
    assert first == second != third


def test_signatures_for_servers_that_somebody_makes_up_do_not_pile_up(
    world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_push, "SIGNATURES_MAX", 1)
    elsewhere = world.device.keys(f"http://localhost:{world.server.port}/elsewhere")

    run(world.provider.send(world.delivery(1)))
    run(world.provider.send(replace(world.delivery(2), keys=elsewhere)))
    run(world.provider.send(world.delivery(3)))

    key = application_server_key(world.settings)
    audiences = [claims_of(received, server_key=key)["aud"] for received in world.server.received]
    assert audiences == [world.server.origin, f"http://localhost:{world.server.port}", world.server.origin]
    assert len({received.headers["authorization"] for received in world.server.received}) == 3


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_status_of_2xx_is_sent(world: HttpWorld, run: Run, status: int) -> None:
    world.server.usual = Answer(status, "taken")

    assert run(world.provider.send(world.delivery())) == Sent(f"{status} taken")


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_given_up_with_its_address(world: HttpWorld, run: Run, status: int) -> None:
    world.server.usual = Answer(status, "unsubscribed")

    assert run(world.provider.send(world.delivery())) == GiveUp(f"{status} unsubscribed", address_gone=True)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 413])
def test_what_will_not_mend_itself_is_given_up(world: HttpWorld, run: Run, status: int) -> None:
    world.server.usual = Answer(status, "no", {"Location": f"{world.server.origin}/elsewhere"})

    assert run(world.provider.send(world.delivery())) == GiveUp(f"{status} no")
    assert [received.path for received in world.server.received] == ["/for/maria"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_status_of_5xx_is_held_against_the_server(world: HttpWorld, run: Run, status: int) -> None:
    world.server.usual = Answer(status, "out of order")

    assert run(world.provider.send(world.delivery())) == TryAgain(f"{status} out of order", server_down=True)


@pytest.mark.parametrize(("retry_after", "seconds"), [("120", 120.0), (" 0 ", 0.0), ("soon", None), ("-5", None)])
def test_a_push_server_that_asks_to_wait_is_waited_for(
    world: HttpWorld, run: Run, retry_after: str, seconds: float | None
) -> None:
    world.server.usual = Answer(429, "slow down", {"Retry-After": retry_after})

    assert run(world.provider.send(world.delivery())) == TryAgain("429 slow down", after_seconds=seconds)


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_push_server_may_name_the_time_until_which_to_wait(world: HttpWorld, run: Run, zone: str) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1)).replace("+0000", zone)
    world.server.usual = Answer(429, "slow down", {"Retry-After": in_an_hour})

    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, TryAgain)
    assert attempt.after_seconds is not None
    assert 3000 < attempt.after_seconds <= 3600


def _a_point_off_the_curve() -> str:
    return base64url.encode(b"\x04" + bytes(64))


def _a_compressed_point() -> str:
    return base64url.encode(b"\x02" + bytes(64))


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("p256dh", "", "p256dh has 0 bytes"),
        ("p256dh", "not base64!", "p256dh is not base64url"),
        ("p256dh", "ключ", "p256dh is not base64url"),
        ("p256dh", base64url.encode(bytes(64)), "p256dh has 64 bytes, not 65"),
        ("p256dh", _a_point_off_the_curve(), "p256dh is not a point on the curve P-256"),
        ("p256dh", _a_compressed_point(), "p256dh is not a point on the curve P-256"),
        ("auth", "", "auth has 0 bytes"),
        ("auth", "a", "auth is not base64url"),
        ("auth", base64url.encode(bytes(15)), "auth has 15 bytes, not 16"),
        ("auth", base64.b64encode(b"\xff" * 16).decode(), "auth is not base64url"),
        ("endpoint", "", "it has no endpoint"),
    ],
)
def test_a_malformed_subscription_is_given_up_with_its_address(
    world: HttpWorld, run: Run, key: str, value: str, why: str
) -> None:
    delivery = world.delivery()
    malformed = replace(delivery, keys=delivery.keys | {key: value})

    attempt = run(world.provider.send(malformed))

    assert isinstance(attempt, GiveUp)
    assert attempt.address_gone
    assert why in attempt.why
    assert not world.server.received


def test_a_subscription_with_padding_is_as_good_as_one_without(world: HttpWorld, run: Run) -> None:
    delivery = world.delivery()
    padded = {name: value + "=" * (-len(value) % 4) for name, value in delivery.keys.items() if name != "endpoint"}

    assert isinstance(run(world.provider.send(replace(delivery, keys=delivery.keys | padded))), Sent)

    assert world.device.read(world.server.received[0])


_OFFLINE = WebPushProvider(some_settings(vapid_private_key=VAPID_KEY))


@settings(deadline=None)
@given(keys=st.dictionaries(st.sampled_from(["endpoint", "p256dh", "auth"]), st.text() | st.just("https://[")))
def test_whatever_a_subscription_is_made_of_it_is_given_up_and_nothing_breaks(keys: dict[str, str]) -> None:
    delivery = a_delivery(channel=Channel.PUSH, keys=keys)

    attempt = asyncio.run(_OFFLINE.send(delivery))

    assert isinstance(attempt, GiveUp)
    assert isinstance(_OFFLINE.server_of(delivery), str)


@pytest.mark.parametrize(
    "endpoint", ["https://", "ftp://push.example.com/1", "https://[::1", "https://push.example.com:99999/", "nothing"]
)
def test_an_endpoint_that_cannot_be_called_is_given_up(world: HttpWorld, run: Run, endpoint: str) -> None:
    delivery = replace(world.delivery(), keys=world.device.keys(endpoint))

    assert isinstance(run(world.provider.send(delivery)), GiveUp)


def test_a_message_that_no_push_server_takes_is_given_up(
    world: HttpWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_push, "PAYLOAD_BYTES_MAX", 10)

    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, GiveUp)
    assert "push takes 10" in attempt.why
    assert not world.server.received


@pytest.mark.parametrize(
    ("differences", "why"),
    [
        ({"vapid_private_key": ""}, "SEATLINE_VAPID_PRIVATE_KEY is not set"),
        ({"vapid_private_key": "short"}, "SEATLINE_VAPID_PRIVATE_KEY is not a P-256 private key"),
        ({"vapid_subject": "admin@example.org"}, "SEATLINE_VAPID_SUBJECT must be like"),
        ({"mail_from": "", "api_url": "http://intranet"}, "SEATLINE_VAPID_SUBJECT must be like"),
    ],
)
def test_settings_that_make_no_sense_are_refused(differences: dict[str, Any], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        WebPushProvider.open(some_settings(**{"vapid_private_key": VAPID_KEY} | differences))
