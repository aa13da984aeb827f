"""The secret that an operator's endpoint and the studio share, as Standard Webhooks writes it: `whsec_` and base64."""

import base64
import secrets

_PREFIX = "whsec_"
_BYTES = 32  # Standard Webhooks 1.0 asks for 24 to 64


def new_webhook_secret() -> str:
    """Return a fresh secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Return the key that the secret stands for; raises ValueError for another form."""
    prefix, encoded = secret[: len(_PREFIX)], secret[len(_PREFIX) :]
    if prefix != _PREFIX or not encoded:
        raise ValueError(f"the secret does not begin with {_PREFIX}")
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        raise ValueError("the secret is not in base64") from None
