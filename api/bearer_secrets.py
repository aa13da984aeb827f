"""Secrets that are the right to something by themselves: the cookie of a sign-in, the address of a calendar feed.

Each is 256 random bits, given out once. Only its SHA-256 is kept, which needs no salt: nobody can guess so many bits.
"""

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret in characters that cookies and addresses take as they are."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> bytes:
    """Return what is kept of the secret, and looked for when somebody brings it."""
    return hashlib.sha256(secret.encode()).digest()
