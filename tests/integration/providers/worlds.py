"""The other end of each provider: what is there to send to, made to behave as a test wants, and what arrived there."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

from structlog.testing import capture_logs

from domain.channels import Channel
from storage.deliveries import Delivery
from storage.settings import Settings
from tests.integration.providers.device import Device, claims_of
from tests.integration.providers.http_server import Answer, HttpServer, Received
from tests.integration.providers.mail_server import HANG, MailServer
from tests.messages.telling import a_delivery, a_told_notice, some_settings
from workers.providers.console import ConsoleProvider
from workers.providers.folder import FolderProvider
from workers.providers.outcomes import Provider
from workers.providers.smtp import SmtpProvider
from workers.providers.smtp_server import read_smtp_url
from workers.providers.vapid import application_server_key, new_vapid_private_key
from workers.providers.web_push import WebPushProvider
from workers.providers.webhook import WebhookProvider, signature

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VAPID_KEY = new_vapid_private_key()
SIGNATURE_AGE_SECONDS_MAX = 300


@dataclass(frozen=True)
class Arrival:
    """What arrived: the provider key, what can be read of it, and its headers by name in lower case."""

    key: str
    text: str
    headers: Mapping[str, str]


class World(Protocol):
    """One provider and what it sends to. Starts out taking whatever comes."""

    provider: Provider

    def delivery(self, number: int = 1, **told: Any) -> Delivery:
        """Return a delivery that arrives here; `told` differs from the usual in its notice."""

    def arrived(self) -> list[Arrival]:
        """Return what arrived so far, in any order."""

    def stop(self) -> None:
        """Make it unreachable; connections that are open end."""

    def start(self) -> None:
        """Make it reachable again, at the same address."""

    def close(self) -> None:
        """End it for good."""


class Moody(World, Protocol):
    """A world with a server that need not take what comes."""

    def refuse_for_now(self) -> None:
        """Refuse what comes next, once, until later."""

    def refuse_for_good(self, words: str) -> None:
        """Refuse what comes next, once, for good, with these words."""

    def hang(self) -> None:
        """Answer nothing to what comes next, once."""

    def wait_until_hanging(self) -> None:
        """Return when something came that is not answered."""


def a_numbered_delivery(channel: Channel, number: int, told: Mapping[str, Any], **differences: Any) -> Delivery:
    notice = a_told_notice(**({"id": number} | dict(told)))
    return a_delivery(notice, channel, id=1000 + number, **differences)


@dataclass
class MailWorld:
    """A mail server, and the provider that signs in there."""

    server: MailServer
    provider: Provider

    @classmethod
    def around(cls, server: MailServer, **tls: Any) -> "MailWorld":
        server.start()
        settings = some_settings(smtp_url=server.url)
        return cls(server, SmtpProvider(read_smtp_url(server.url), settings, **tls))

    def delivery(self, number: int = 1, **told: Any) -> Delivery:
        return a_numbered_delivery(Channel.EMAIL, number, told)

    def arrived(self) -> list[Arrival]:
        assert all(mail.recipients == ("maria@example.com",) for mail in self.server.mails)
        return [_arrived_mail(mail.message) for mail in self.server.mails]

    def refuse_for_now(self) -> None:
        self.server.will_reply("RCPT", "451 4.7.1 try again later")

    def refuse_for_good(self, words: str) -> None:
        self.server.will_reply("RCPT", f"550 5.1.1 {words}")

    def hang(self) -> None:
        self.server.will_reply("DATA", HANG)

    def wait_until_hanging(self) -> None:
        self.server.wait_until_hanging()

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.start()

    def close(self) -> None:
        self.server.stop()


@dataclass
class FolderWorld:
    """A folder that mails are written into; unreachable where a file is in its place."""

    folder: Path
    provider: Provider

    @classmethod
    def around(cls, folder: Path) -> "FolderWorld":
        return cls(folder, FolderProvider.open(some_settings(mail_folder=folder)))

    def delivery(self, number: int = 1, **told: Any) -> Delivery:
        return a_numbered_delivery(Channel.EMAIL, number, told)

    def arrived(self) -> list[Arrival]:
        files = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in self.folder.iterdir()]
        return [_arrived_mail(message) for message in files if isinstance(message, EmailMessage)]

    def stop(self) -> None:
        if self.folder.exists():
            self.folder.rename(self.folder.with_name("elsewhere"))
        self.folder.write_text("a file where the folder should be")

    def start(self) -> None:
        self.folder.unlink()
        elsewhere = self.folder.with_name("elsewhere")
        if elsewhere.exists():
            elsewhere.rename(self.folder)

    def close(self) -> None:
        """Leave the files to pytest."""


@dataclass
class ConsoleWorld:
    """The log."""

    channel: Channel
    provider: Provider
    _capture: Any = field(default_factory=capture_logs)
    _entries: list[Any] = field(default_factory=list)

    @classmethod
    def around(cls, channel: Channel) -> "ConsoleWorld":
        world = cls(channel, ConsoleProvider.open(some_settings(), channel))
        world._entries = world._capture.__enter__()
        return world

    def delivery(self, number: int = 1, **told: Any) -> Delivery:
        return a_numbered_delivery(self.channel, number, told)

    def arrived(self) -> list[Arrival]:
        return [
            Arrival(str(entry["delivery_id"]), f"{entry['subject']} {entry['text']}", entry) for entry in self._entries
        ]

    def stop(self) -> None:
        raise AssertionError("the log is always there")

    def start(self) -> None:
        raise AssertionError("the log is always there")

    def close(self) -> None:
        self._capture.__exit__(None, None, None)


@dataclass
class HttpWorld:
    """A server that push messages or webhooks go to, in the private network as test servers are."""

    server: HttpServer
    provider: Provider
    settings: Settings
    too_busy: Answer
    device: Device = field(default_factory=Device)

    @classmethod
    def of_push(cls, server: HttpServer, **tls: Any) -> "HttpWorld":
        server.start()
        server.usual = Answer(201)
        settings = some_settings(private_targets=True, vapid_private_key=VAPID_KEY)
        return cls(server, WebPushProvider(settings, **tls), settings, Answer(429, "slow down"))

    @classmethod
    def of_webhooks(cls, server: HttpServer, **tls: Any) -> "HttpWorld":
        server.start()
        settings = some_settings(private_targets=True)
        return cls(server, WebhookProvider(settings, **tls), settings, Answer(429, "slow down"))

    def delivery(self, number: int = 1, **told: Any) -> Delivery:
        url = f"{self.server.origin}/for/maria"
        made = a_numbered_delivery(self.provider.channel, number, told)
        if made.channel is Channel.PUSH:
            return replace(made, keys=self.device.keys(url))
        return replace(made, address=url, keys={"secret": WEBHOOK_SECRET})

    def arrived(self) -> list[Arrival]:
        read = self._pushed if self.provider.channel is Channel.PUSH else self._posted
        return [read(received) for received in self.server.received]

    def _pushed(self, received: Received) -> Arrival:
        claims = claims_of(received, server_key=application_server_key(self.settings))
        assert claims["aud"] == self.server.origin
        return Arrival(received.headers["topic"], self.device.read(received), received.headers)

    def _posted(self, received: Received) -> Arrival:
        headers = received.headers
        sent_at = int(headers["webhook-timestamp"])
        assert abs(time.time() - sent_at) < SIGNATURE_AGE_SECONDS_MAX
        expected = signature(WEBHOOK_SECRET, headers["webhook-id"], sent_at, received.body)
        assert headers["webhook-signature"] == expected
        return Arrival(headers["webhook-id"], json.dumps(json.loads(received.body), ensure_ascii=False), headers)

    def refuse_for_now(self) -> None:
        self.server.answers.append(self.too_busy)

    def refuse_for_good(self, words: str) -> None:
        self.server.answers.append(Answer(410, words))

    def hang(self) -> None:
        self.server.answers.append(Answer(hangs=True))

    def wait_until_hanging(self) -> None:
        self.server.wait_until_hanging()

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.start()

    def close(self) -> None:
        self.server.stop()


def _arrived_mail(message: EmailMessage) -> Arrival:
    body = message.get_body(("plain",))
    assert body is not None
    headers = {name.lower(): str(value) for name, value in message.items()}
    return Arrival(headers["message-id"], body.get_content(), headers)
