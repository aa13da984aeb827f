"""Addresses that are a right by themselves, as logs may have them: without the secret in them."""

import re

_SECRET = re.compile(r"(/(?:password|calendar|unsubscribe)/)[^/?#\s]+")


def without_secret(text: str) -> str:
    """Return the address, or a text with addresses in it, with `...` where a secret stands."""
    return _SECRET.sub(r"\1...", text)
