from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage.identifiers import new_id
from storage.settings import settings
from tests.integration.api.conftest import Caller, app_with, problem, token_of
from tests.integration.studio import Studio
from workers.providers.vapid import application_server_key, new_vapid_private_key

PATH = "/v1/me/push-subscriptions"

# The receiver's keys of the example in RFC 8291, section 5.
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def a_subscription(endpoint: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "endpoint": endpoint or f"https://push.example.com/send/{uuid4()}",
        "expirationTime": None,
        "keys": {"p256dh": P256DH, "auth": AUTH},
        **changes,
    }


def devices(caller: Caller) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = caller.get(PATH).json["items"]
    return items


def test_a_browser_subscribes_with_what_it_has(me: Caller, studio: Studio) -> None:
    body = a_subscription(device="My phone")

    answer = me.post(PATH, body)

    assert answer.status_code == 201, answer.text
    assert (answer.json["device"], answer.json["server"]) == ("My phone", "push.example.com")
    assert devices(me) == [answer.json]
    assert "keys" not in answer.text
    row = studio.db.execute("SELECT endpoint, p256dh, auth FROM push_subscriptions WHERE id = %s", (answer.json["id"],))
    assert row.fetchone() == (body["endpoint"], P256DH, AUTH)


def test_keys_with_padding_are_taken_and_kept_without(me: Caller, studio: Studio) -> None:
    answer = me.post(PATH, a_subscription(keys={"p256dh": P256DH + "=", "auth": AUTH + "=="}))

    assert answer.status_code == 201
    row = studio.db.execute("SELECT p256dh, auth FROM push_subscriptions WHERE id = %s", (answer.json["id"],))
    assert row.fetchone() == (P256DH, AUTH)


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Version/18.5 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("curl/8.14", "Browser"),
        ("", "Browser"),
    ],
)
def test_a_device_without_a_name_is_called_by_its_browser(
    me: Caller, studio: Studio, user_agent: str, device: str
) -> None:
    answer = me.post(PATH, a_subscription(), User_Agent=user_agent)

    assert answer.json["device"] == device


def test_the_same_endpoint_again_is_the_same_device_with_new_keys(me: Caller, studio: Studio) -> None:
    body = a_subscription(device="My phone")
    first = me.post(PATH, body).json
    auth = base64url(b"another secret!!")

    again = me.post(PATH, {**body, "device": "Old phone", "keys": {"p256dh": P256DH, "auth": auth}})

    assert again.status_code == 200
    assert again.json == {**first, "device": "Old phone"}
    row = studio.db.execute("SELECT auth FROM push_subscriptions WHERE id = %s", (first["id"],)).fetchone()
    assert row == (auth,)


def test_a_device_that_changes_hands_moves_and_nothing_due_to_the_other_can_reach_it(
    me: Caller, anybody: Caller, studio: Studio
) -> None:
    other, body = anybody.of(studio.a_member()), a_subscription()
    theirs = other.post(PATH, body).json

    mine = me.post(PATH, body)

    assert mine.status_code == 200
    assert mine.json["id"] != theirs["id"]
    assert devices(other) == []
    assert [one["id"] for one in devices(me)] == [mine.json["id"]]


def test_of_more_than_twenty_devices_the_oldest_goes(me: Caller, studio: Studio) -> None:
    added = [me.post(PATH, a_subscription(device=f"Device {number}")).json["id"] for number in range(22)]

    assert [one["id"] for one in devices(me)] == added[:1:-1]


def test_devices_that_come_at_once_are_no_more_than_twenty(anybody: Caller, studio: Studio) -> None:
    member = studio.a_member()
    callers = [Caller(anybody.http.application.test_client(), settings(), member) for _ in range(30)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda caller: caller.post(PATH, a_subscription()), callers))

    assert {answer.status_code for answer in answers} == {201}
    assert len(devices(anybody.of(member))) == 20


def test_a_device_is_removed_once(me: Caller, studio: Studio) -> None:
    id_ = me.post(PATH, a_subscription()).json["id"]

    removed = me.delete(f"{PATH}/{id_}")

    assert (removed.status_code, removed.data) == (204, b"")
    assert devices(me) == []
    problem(me.delete(f"{PATH}/{id_}"), 404, "push_subscription_not_found")


def test_anothers_device_is_neither_shown_nor_removed(me: Caller, anybody: Caller, studio: Studio) -> None:
    other = anybody.of(studio.a_member())
    theirs = other.post(PATH, a_subscription()).json

    problem(me.delete(f"{PATH}/{theirs['id']}"), 404, "push_subscription_not_found")

    assert devices(me) == []
    assert devices(other) == [theirs]


def a_point_off_the_curve() -> str:
    number = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = bytearray(number.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    point[-1] ^= 1
    return base64url(bytes(point))


def a_compressed_point() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return base64url(key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"endpoint": "http://push.example.com/send/1"}, "endpoint"),
        ({"endpoint": "ftp://push.example.com/send/1"}, "endpoint"),
        ({"endpoint": "push.example.com"}, "endpoint"),
        ({"endpoint": "https://"}, "endpoint"),
        ({"endpoint": "https:///send"}, "endpoint"),
        ({"endpoint": "https://push.example.com:0/send"}, "endpoint"),
        ({"endpoint": "https://push.example.com:99999/send"}, "endpoint"),
        ({"endpoint": "https://[::1/send"}, "endpoint"),
        ({"endpoint": "https://push.example.com/a b"}, "endpoint"),
        ({"endpoint": "https://push.example.com/\x00"}, "endpoint"),
        ({"endpoint": "https://push.example.com/\ud800"}, "endpoint"),
        ({"endpoint": "https://me:secret@push.example.com/send"}, "endpoint"),
        ({"endpoint": "https://127.0.0.1/send"}, "endpoint"),
        ({"endpoint": "https://[::1]/send"}, "endpoint"),
        ({"endpoint": "https://localhost/send"}, "endpoint"),
        ({"endpoint": "https://10.0.0.7/send"}, "endpoint"),
        ({"endpoint": "https://192.168.1.1:8443/send"}, "endpoint"),
        ({"endpoint": "https://169.254.169.254/latest"}, "endpoint"),
        ({"endpoint": "https://2130706433/send"}, "endpoint"),
        ({"endpoint": "https://push.example.com/" + "x" * 2000}, "endpoint"),
        ({"endpoint": None}, "endpoint"),
        ({"endpoint": 7}, "endpoint"),
        ({"keys": None}, "keys"),
        ({"keys": {}}, "keys.p256dh"),
        ({"keys": {"p256dh": P256DH}}, "keys.auth"),
        ({"keys": {"p256dh": P256DH[:-2], "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": P256DH[:-2] + "A", "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": "%" + P256DH[1:], "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": P256DH.replace("_", "/"), "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": "A" + P256DH[1:], "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": base64url(b"\x04" + b"\x00" * 64), "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": a_point_off_the_curve(), "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": a_compressed_point(), "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": "", "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": 7, "auth": AUTH}}, "keys.p256dh"),
        ({"keys": {"p256dh": P256DH, "auth": base64url(b"x" * 15)}}, "keys.auth"),
        ({"keys": {"p256dh": P256DH, "auth": base64url(b"x" * 17)}}, "keys.auth"),
        ({"keys": {"p256dh": P256DH, "auth": "a" * 21}}, "keys.auth"),
        ({"keys": {"p256dh": P256DH, "auth": AUTH + "\n"}}, "keys.auth"),
        ({"keys": {"p256dh": P256DH, "auth": "x" * 10_000}}, "keys.auth"),
        ({"keys": {"p256dh": P256DH, "auth": AUTH, "more": ""}}, "keys.more"),
        ({"expirationTime": "soon"}, "expirationTime"),
        ({"device": ""}, "device"),
        ({"device": "x" * 81}, "device"),
        ({"device": "a\nb"}, "device"),
        ({"device": 7}, "device"),
        ({"member_id": "01a20546-ab15-7823-bf12-b0ab893113c4"}, "member_id"),
    ],
)
def test_a_malformed_subscription_is_refused_by_its_field(me: Caller, changes: dict[str, Any], field: str) -> None:
    errors = problem(me.post(PATH, {**a_subscription(), **changes}), 422, "invalid_input")["errors"]

    assert next(iter(errors)) == field
    assert errors[field].endswith(".")
    assert devices(me) == []


def test_an_endpoint_in_the_private_network_is_taken_where_a_setting_allows_it(studio: Studio) -> None:
    with app_with(replace(settings(), private_targets=True)) as app:
        caller = Caller(app.test_client(), settings()).of(studio.a_member())

        answer = caller.post(PATH, a_subscription(f"http://127.0.0.1:9/send/{uuid4()}"))

    assert (answer.status_code, answer.json["server"]) == (201, "127.0.0.1:9")


def test_the_key_to_subscribe_with_is_the_servers(studio: Studio) -> None:
    with_push = replace(settings(), vapid_private_key=new_vapid_private_key())
    with app_with(with_push) as app:
        answer = Caller(app.test_client(), settings()).get("/v1/push-key")

    assert answer.json == {"application_server_key": application_server_key(with_push)}


@pytest.mark.parametrize("key", ["", "not a key"])
def test_without_a_key_of_the_servers_there_is_no_push(studio: Studio, key: str) -> None:
    with app_with(replace(settings(), vapid_private_key=key)) as app:
        answer = Caller(app.test_client(), settings()).get("/v1/push-key")

    problem(answer, 404, "push_not_available")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_devices_are_for_members(anybody: Caller, method: str) -> None:
    body = a_subscription() if method == "POST" else None

    problem(anybody.http.open(PATH, method=method, json=body), 401, "token_missing")


def test_the_token_of_a_member_who_is_gone_subscribes_nobody(anybody: Caller, studio: Studio) -> None:
    gone = {"Authorization": token_of(settings(), new_id())}  # type: ignore[arg-type]

    problem(anybody.http.post(PATH, json=a_subscription(), headers=gone), 401, "token_invalid")
