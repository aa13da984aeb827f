"""The key pair of this installation: made, read in each form it may have, and shown to browsers."""

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from storage.settings import SettingsError
from tests.messages.telling import some_settings
from workers.providers import base64url
from workers.providers.vapid import application_server_key, new_vapid_private_key, vapid_private_key


def pem_of(key: PrivateKeyTypes, encryption: KeySerializationEncryption | None = None) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def test_a_new_key_is_another_each_time_and_shown_to_browsers_as_a_point() -> None:
    keys = {new_vapid_private_key() for _ in range(3)}

    points = {base64url.decode(application_server_key(some_settings(vapid_private_key=key))) for key in keys}

    assert len(points) == 3
    assert {(len(point), point[0]) for point in points} == {(65, 4)}


def test_a_key_is_the_same_raw_padded_as_pem_and_as_pem_on_one_line() -> None:
    raw = new_vapid_private_key()
    pem = pem_of(vapid_private_key(some_settings(vapid_private_key=raw)))

    forms = (raw, f" {raw}= ", pem, pem.replace("\n", "\\n"))

    assert len({application_server_key(some_settings(vapid_private_key=form)) for form in forms}) == 1


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "ключ",
        base64url.encode(bytes(31)),
        base64url.encode(bytes(32)),
        base64url.encode(b"\xff" * 32),
        "-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(rsa.generate_private_key(65537, 2048)),
        pem_of(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"locked")),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(SettingsError, match="SEATLINE_VAPID_PRIVATE_KEY is not a P-256 private key") as raised:
        application_server_key(some_settings(vapid_private_key=key))

    assert key not in str(raised.value)


def test_keys_and_targets_are_had_without_importing_what_sends() -> None:
    program = (
        "import sys; import workers.providers.vapid, workers.providers.targets; "
        "print({'aiohttp', 'aiosmtplib', 'pywebpush', 'jinja2'} & set(sys.modules))"
    )

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert told.stdout.strip() == "set()"
