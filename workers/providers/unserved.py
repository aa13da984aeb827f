"""Stands in where a channel's provider is not set up."""

from dataclasses import dataclass

from domain.channels import Channel
from storage.deliveries import Delivery
from workers.providers.outcomes import GiveUp


@dataclass(slots=True)
class Unserved:
    """Gives up each delivery with `why`: a sentence that says what to set. `seatline deliveries retry` sends them."""

    name: str
    channel: Channel
    why: str
    calls_at_once: int = 1
    call_seconds: float = 20.0
    only_server: str | None = None

    def server_of(self, _: Delivery) -> str:
        """Return the provider's own name: no server is behind it."""
        return self.name

    async def send(self, _: Delivery) -> GiveUp:
        """Give up, with the reason."""
        return GiveUp(self.why)

    async def close(self) -> None:
        """Close nothing."""
