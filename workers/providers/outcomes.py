"""What a provider is, and what one call to it can come to."""

from dataclasses import dataclass
from typing import Protocol

from domain.channels import Channel
from storage.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it; `said` is what it answered, kept with the attempt."""

    said: str = ""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The provider could not take it now; `why` is kept with the attempt.

    `server_down` says that the server as a whole cannot be used (no connection, no answer, no sign-in), rather than
    this one delivery: enough of these in a row and the server is left alone for a while. `after_seconds` is how long
    the provider asked to wait; without it the usual back-off holds.
    """

    why: str
    server_down: bool = False
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The provider will never take it. `address_gone` says that nothing will ever arrive at this address again."""

    why: str
    address_gone: bool = False


Attempt = Sent | TryAgain | GiveUp


class Provider(Protocol):
    """Carries deliveries of one channel. Made once a process, used by one event loop, closed at its end.

    `calls_at_once` is how many calls may be under way at the same time, `call_seconds` how long one may take before it
    is cancelled: at most 80, so that it ends and is recorded within its lease. `only_server` names the one server
    that all deliveries go to; None where each delivery has its own.
    """

    name: str
    channel: Channel
    calls_at_once: int
    call_seconds: float
    only_server: str | None

    def server_of(self, delivery: Delivery) -> str:
        """Return the name of the server this goes to: what is down or up as one."""
        ...

    async def send(self, delivery: Delivery) -> Attempt:
        """Send one delivery. It is called outside any transaction, and may be called again with the same delivery.

        A call is cancelled when it takes too long. An exception out of it counts as a fault of this delivery, to be
        tried again; a `MessageError` (the message cannot be written) as one that will not mend itself.
        """
        ...

    async def close(self) -> None:
        """Close what is kept open."""
        ...
