"""Base64 with the URL-safe alphabet and without padding (RFC 4648, section 5): how web push writes keys."""

import base64
import re

_FORM = re.compile(r"[A-Za-z0-9_-]*={0,2}")


def encode(data: bytes) -> str:
    """Return the data as text without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Return what the text stands for, with or without padding; raises ValueError for anything else."""
    bare = text.rstrip("=")
    if not _FORM.fullmatch(text) or len(bare) % 4 == 1:
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
