"""The console provider: writes each delivery as one line to the worker's log, on whatever channel it is named for."""

from structlog import get_logger

from domain.channels import Channel
from storage.deliveries import Delivery
from storage.settings import Settings
from workers.messages import words_for
from workers.providers.outcomes import Sent

log = get_logger()


class ConsoleProvider:
    """Tells the log what a person would be told. A second sending is a second line with the same `delivery_id`."""

    name = "console"
    calls_at_once = 1
    call_seconds = 20.0
    only_server: str | None = "console"

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    @classmethod
    def open(cls, _: Settings, channel: Channel) -> "ConsoleProvider":
        """Serve this channel; nothing needs to be set."""
        return cls(channel)

    def server_of(self, _: Delivery) -> str:
        """Return the name of the one log there is."""
        return "console"

    async def send(self, delivery: Delivery) -> Sent:
        """Write one line; raises `MessageError` where the words cannot be written."""
        words = words_for(delivery.notice)
        log.info(
            "delivered",
            delivery_id=delivery.id,
            channel=delivery.channel,
            to=delivery.address,
            kind=delivery.notice.kind,
            subject=words.subject,
            text=" ".join(words.paragraphs),
        )
        return Sent()

    async def close(self) -> None:
        """Close nothing."""
