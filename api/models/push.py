"""The devices on which a member hears by web push."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StrictStr

from api.models.common import Answer, Input, Instant
from storage.push_subscriptions import DEVICES_MAX, PushSubscription
from workers.providers import base64url
from workers.providers.targets import server_of

ENDPOINT_CHARACTERS_MAX = 2000
DEVICE_CHARACTERS_MAX = 80
POINT_BYTES = 65  # an uncompressed point of P-256: 0x04 and two coordinates of 32 bytes (RFC 8291, section 3.1)
AUTH_BYTES = 16

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def _bytes(text: str) -> bytes:
    if not _BASE64URL.fullmatch(text):
        raise ValueError("Send the key as the browser gave it, in base64url")
    try:
        return base64url.decode(text)
    except ValueError:
        raise ValueError("Send the key whole; this is cut off") from None


def _point(text: str) -> str:
    point = _bytes(text)
    if len(point) != POINT_BYTES or point[0] != 4:  # noqa: PLR2004 - the mark of an uncompressed point (SEC 1)
        raise ValueError(f"The key must be an uncompressed point: {POINT_BYTES} bytes, the first of them 4")
    # Seldom needed, and 7 MB in every process that loads it.
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise ValueError("The key is no point of the curve P-256; send it as the browser gave it") from None
    return text.rstrip("=")


def _secret(text: str) -> str:
    if len(_bytes(text)) != AUTH_BYTES:
        raise ValueError(f"The secret must have {AUTH_BYTES} bytes; send it as the browser gave it")
    return text.rstrip("=")


class PushKeys(Input):
    """The browser's two keys, in base64url (RFC 8291)."""

    p256dh: Annotated[StrictStr, AfterValidator(_point)] = Field(max_length=100)
    auth: Annotated[StrictStr, AfterValidator(_secret)] = Field(max_length=100)


class PushSubscriptionBody(Input):
    """What a browser's `PushSubscription.toJSON()` gives, and a name for the device."""

    endpoint: str = Field(
        strict=True,
        max_length=ENDPOINT_CHARACTERS_MAX,
        description="Where to push to: an address of the public Internet that begins with https://.",
    )
    expiration_time: float | None = Field(
        None,
        alias="expirationTime",
        strict=True,
        description="Taken and not kept: a push service says itself when a subscription is gone.",
    )
    keys: PushKeys
    device: str | None = Field(
        None,
        strict=True,
        min_length=1,
        max_length=DEVICE_CHARACTERS_MAX,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="A name to know the device by; without one the browser's.",
        examples=["My phone"],
    )


class PushDevice(Answer):
    """A device on which I hear by push."""

    id: UUID
    device: str
    created_at: Instant
    server: str = Field(description="The push service's host.", examples=["push.example.com"])

    @classmethod
    def of(cls, kept: PushSubscription) -> "PushDevice":
        """Return the device as its member sees it."""
        return cls(id=kept.id, device=kept.device, created_at=kept.created_at, server=server_of(kept.endpoint))


class PushDevices(Answer):
    """My devices, newest first."""

    items: list[PushDevice] = Field(description=f"At most {DEVICES_MAX}; with one more the oldest goes.")


class PushKey(Answer):
    """What a browser needs to subscribe."""

    application_server_key: str = Field(
        description="For `PushManager.subscribe()`: the server's public key (VAPID, RFC 8292) in base64url."
    )


def device_named(user_agent: str) -> str:
    """Return a short name for the browser of this User-Agent header, such as "Firefox on Linux"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "Browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return browser if system is None else f"{browser} on {system}"
