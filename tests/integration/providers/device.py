"""A browser's device: subscribes to push, decrypts what its push server received, and checks who sent it.

Decryption is that of http_ece, which the provider encrypts with; the vector of RFC 8291 in test_web_push.py holds
both to the standard. The signature is verified here by hand.
"""

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.integration.providers.http_server import Received
from workers.providers import base64url


@dataclass(frozen=True)
class Device:
    """A subscription's private side."""

    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes..."

    def keys(self, endpoint: str) -> dict[str, str]:
        """Return the subscription as the browser hands it out."""
        public = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": endpoint, "p256dh": base64url.encode(public), "auth": base64url.encode(self.secret)}

    def read(self, received: Received) -> str:
        """Return the message."""
        assert received.headers["content-encoding"] == "aes128gcm"
        plain: bytes = http_ece.decrypt(received.body, private_key=self.private_key, auth_secret=self.secret)
        return plain.decode()


def claims_of(received: Received, *, server_key: str) -> dict[str, Any]:
    """Return the claims of the VAPID token (RFC 8292) after verifying that the owner of this key signed them."""
    scheme, _, parameters = received.headers["authorization"].partition(" ")
    named = dict(parameter.strip().split("=", 1) for parameter in parameters.split(","))
    assert (scheme, named["k"]) == ("vapid", server_key)
    signed, _, signature = named["t"].rpartition(".")
    raw = base64url.decode(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64url.decode(server_key))
    halves = (int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(encode_dss_signature(*halves), signed.encode(), ec.ECDSA(SHA256()))
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in signed.split("."))
    assert header["alg"] == "ES256"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    return dict(claims)
