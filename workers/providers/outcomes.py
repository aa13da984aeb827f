"""What one call to a provider can come to. An exception out of a provider is a bug, not an outcome."""

from collections.abc import Callable
from dataclasses import dataclass

from storage.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The provider could not take it now; `why` is kept with the delivery."""

    why: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The provider will never take it; `why` is kept with the delivery."""

    why: str


Attempt = Sent | TryAgain | GiveUp

Provider = Callable[[Delivery], Attempt]
"""Send one delivery. It is called outside any transaction and may be called again with the same delivery."""
