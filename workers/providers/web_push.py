"""The web push provider: an encrypted message (RFC 8291) to the push server of the device's browser (RFC 8030)."""

import ssl
import time
from email.utils import parseaddr
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException  # type: ignore[import-untyped] # neither package has types
from pywebpush import WebPusher  # type: ignore[import-untyped]

from domain.channels import Channel
from storage.deliveries import Delivery
from storage.settings import Settings, SettingsError
from workers.messages.push import push_for
from workers.providers import base64url
from workers.providers.guarded_http import GuardedHttp, Reply
from workers.providers.outcomes import Attempt, GiveUp, Sent, TryAgain
from workers.providers.targets import refusal_of, server_of
from workers.providers.vapid import vapid_private_key

CALLS_AT_ONCE = 16
PAYLOAD_BYTES_MAX = 3993  # RFC 8291, section 4: what fits into the 4096 bytes that each push server takes
P256DH_BYTES = 65  # an uncompressed point
AUTH_BYTES = 16
SIGNATURE_SECONDS = 12 * 3600  # RFC 8292, section 2: at most 24 hours
SIGNATURE_REUSED_SECONDS = 6 * 3600
SIGNATURES_MAX = 1000  # subscriptions name the servers; there are a handful, unless somebody makes them up


class WebPushProvider:
    """Sends to each device through its own push server.

    The provider key is the `Topic` of the message: a push server that still holds the first sending replaces it by
    the second. A second sending is possible where the push server took the message and its answer was lost.
    """

    name = "web_push"
    channel = Channel.PUSH
    calls_at_once = CALLS_AT_ONCE
    call_seconds = 20.0
    only_server: str | None = None

    def __init__(self, settings: Settings, *, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._signatures = _Signatures(settings)
        self._http = GuardedHttp(settings, calls_at_once=CALLS_AT_ONCE, tls=tls)

    @classmethod
    def open(cls, settings: Settings) -> "WebPushProvider":
        """Serve push; raises `SettingsError` where the key or the subject is missing or makes no sense."""
        return cls(settings)

    def server_of(self, delivery: Delivery) -> str:
        """Return the host of the device's push server."""
        return server_of(delivery.keys.get("endpoint", ""))

    async def send(self, delivery: Delivery) -> Attempt:
        """Encrypt and send one message; raises `MessageError` where it cannot be composed."""
        try:
            subscription = _subscription(delivery.keys)
        except ValueError as error:
            return GiveUp(f"the push subscription is malformed: {error}", address_gone=True)
        message = push_for(delivery, self._settings)
        payload = message.payload.encode()
        if len(payload) > PAYLOAD_BYTES_MAX:
            return GiveUp(f"the message has {len(payload)} bytes; push takes {PAYLOAD_BYTES_MAX}")
        endpoint = delivery.keys["endpoint"]
        if why := refusal_of(endpoint, self._settings):
            return GiveUp(why)
        try:
            authorization = self._signatures.for_server(endpoint)
        except VapidException as error:
            return GiveUp(f"{endpoint!r} cannot be signed for: {error}")
        reply = await self._http.post(
            endpoint,
            body=WebPusher(subscription).encode(payload)["body"],
            headers={
                **authorization,
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(message.ttl_seconds),
                "Urgency": message.urgency,
                "Topic": message.topic,
            },
        )
        return _attempt(reply) if isinstance(reply, Reply) else reply

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()


class _Signatures:
    """The `Authorization` by which each push server knows this installation (RFC 8292), signed anew now and then."""

    def __init__(self, settings: Settings) -> None:
        self._vapid = Vapid02(vapid_private_key(settings))
        self._subject = settings.vapid_subject or _usual_subject(settings)
        self._signed: dict[str, tuple[float, dict[str, str]]] = {}
        try:
            self._sign("https://push.example.com")
        except VapidException:
            raise SettingsError(
                f"SEATLINE_VAPID_SUBJECT must be like mailto:admin@example.org, not {self._subject!r}."
            ) from None

    def for_server(self, endpoint: str) -> dict[str, str]:
        """Return the header for this endpoint's server; raises VapidException for a host it cannot name."""
        parts = urlsplit(endpoint)
        server = f"{parts.scheme}://{parts.netloc}"
        signed_at, header = self._signed.get(server, (0.0, {}))
        if time.time() - signed_at > SIGNATURE_REUSED_SECONDS:
            if len(self._signed) >= SIGNATURES_MAX:
                self._signed.clear()
            header = self._sign(server)
            self._signed[server] = (time.time(), header)
        return header

    def _sign(self, server: str) -> dict[str, str]:
        expires_at = int(time.time()) + SIGNATURE_SECONDS
        header: dict[str, str] = self._vapid.sign({"aud": server, "sub": self._subject, "exp": expires_at})
        return header


def _usual_subject(settings: Settings) -> str:
    """Return whom a push server's operator can write to: the sender of mails, or the postmaster of this host."""
    _, address = parseaddr(settings.mail_from)
    return f"mailto:{address or f'postmaster@{urlsplit(settings.api_url).hostname}'}"


def _subscription(keys: dict[str, str]) -> dict[str, object]:
    """Return the subscription as pywebpush takes it; raises ValueError that names what is malformed (RFC 8291)."""
    for name, length in (("p256dh", P256DH_BYTES), ("auth", AUTH_BYTES)):
        try:
            decoded = base64url.decode(keys.get(name, ""))
        except ValueError as error:
            raise ValueError(f"{name} is {error}") from None
        if len(decoded) != length:
            raise ValueError(f"{name} has {len(decoded)} bytes, not {length}")
        if name == "p256dh":
            _check_point(decoded)
    if not keys.get("endpoint"):
        raise ValueError("it has no endpoint")
    return {"endpoint": keys["endpoint"], "keys": {name: keys[name].rstrip("=") for name in ("p256dh", "auth")}}


def _check_point(point: bytes) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise ValueError("p256dh is not a point on the curve P-256") from None


def _attempt(reply: Reply) -> Attempt:
    match reply.status, reply.status // 100:
        case _, 2:
            return Sent(reply.said)
        case 404 | 410, _:
            return GiveUp(reply.said, address_gone=True)
        case 408 | 429, _:
            return TryAgain(reply.said, after_seconds=reply.after_seconds)
        case _, 5:
            return TryAgain(reply.said, server_down=True, after_seconds=reply.after_seconds)
        case _:
            return GiveUp(reply.said)
