"""The webhook provider: posts each event to the operator's URL, signed as Standard Webhooks says.

The format is that of https://www.standardwebhooks.com (specification 1.0): `webhook-id`, `webhook-timestamp` and
`webhook-signature` with the scheme `v1`, an HMAC-SHA256.
"""

import base64
import hashlib
import hmac
import json
import ssl
import time

from domain.channels import Channel
from storage.deliveries import Delivery
from storage.settings import Settings
from workers.messages.events import event_of
from workers.providers.guarded_http import GuardedHttp, Reply
from workers.providers.outcomes import Attempt, GiveUp, Sent, TryAgain
from workers.providers.targets import server_of
from workers.providers.webhook_secret import key_of

CALLS_AT_ONCE = 16
SERVER_ERRORS = 5  # hundreds of the status (RFC 9110, section 15.6)


class WebhookProvider:
    """Posts to each operator's own server.

    The provider key is `webhook-id`, the same for each sending of a notice. A second sending is possible where the
    server took the event and its answer was lost; receivers tell it by the id.
    """

    name = "webhook"
    channel = Channel.WEBHOOK
    calls_at_once = CALLS_AT_ONCE
    call_seconds = 20.0
    only_server: str | None = None

    def __init__(self, settings: Settings, *, tls: ssl.SSLContext | None = None) -> None:
        self._http = GuardedHttp(settings, calls_at_once=CALLS_AT_ONCE, tls=tls)

    @classmethod
    def open(cls, settings: Settings) -> "WebhookProvider":
        """Serve webhooks; nothing needs to be set."""
        return cls(settings)

    def server_of(self, delivery: Delivery) -> str:
        """Return the host of the webhook's URL."""
        return server_of(delivery.address)

    async def send(self, delivery: Delivery) -> Attempt:
        """Post one event; raises `MessageError` where it cannot be composed."""
        body = json.dumps(event_of(delivery.notice), ensure_ascii=False, separators=(",", ":")).encode()
        message_id, timestamp = f"notice-{delivery.notice.id}", int(time.time())
        try:
            signed = signature(delivery.keys.get("secret", ""), message_id, timestamp, body)
        except ValueError as error:
            return GiveUp(f"the webhook cannot be signed: {error}")
        reply = await self._http.post(
            delivery.address,
            body=body,
            headers={
                "Content-Type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signed,
            },
        )
        return _attempt(reply) if isinstance(reply, Reply) else reply

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return what `webhook-signature` must say: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.

    The key is what follows `whsec_` in the secret, decoded from base64; raises ValueError for another form. A
    receiver computes the same over the bytes it got, and compares in constant time.
    """
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()}"


def _attempt(reply: Reply) -> Attempt:
    match reply.status, reply.status // 100:
        case _, 2:
            return Sent(reply.said)
        case 410, _:
            return GiveUp(reply.said, address_gone=True)
        case _, hundreds:
            # Whatever else it says, an operator may yet mend it: a moved path, a forgotten sign-in.
            return TryAgain(reply.said, server_down=hundreds == SERVER_ERRORS, after_seconds=reply.after_seconds)
