"""Which providers the contract suite is run over. A new provider is one more entry in `PROVIDERS_UNDER_TEST`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from domain.channels import Channel
from tests.integration.providers.http_server import HttpServer
from tests.integration.providers.mail_server import PASSWORD, MailServer
from tests.integration.providers.server_thread import Certificates, ServerThread
from tests.integration.providers.worlds import ConsoleWorld, FolderWorld, HttpWorld, MailWorld, World
from workers.providers.smtp_server import Security


class Mood(StrEnum):
    """How the other end may be. What has no server has no moods, and what has none is not asked for them."""

    REFUSES = "refuses"
    HANGS = "hangs"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Surroundings:
    """What worlds are made of."""

    thread: ServerThread
    certificates: Certificates
    folder: Path


@dataclass(frozen=True)
class ProviderUnderTest:
    """A provider as `PROVIDERS` names it: how to open it with its world, and what moods that world knows."""

    provider: str
    how: str
    opens: Callable[[Surroundings], World]
    moods: frozenset[Mood] = frozenset(Mood)

    def __str__(self) -> str:
        return f"{self.provider} {self.how}".strip()


def _smtp(around: Surroundings) -> World:
    return MailWorld.around(MailServer(around.thread, Security.NONE))


def _smtp_starttls(around: Surroundings) -> World:
    tls = around.certificates
    server = MailServer(around.thread, Security.STARTTLS, tls=tls.server, password=PASSWORD)
    return MailWorld.around(server, tls=tls.client)


def _smtps(around: Surroundings) -> World:
    tls = around.certificates
    return MailWorld.around(MailServer(around.thread, Security.TLS, tls=tls.server, password=PASSWORD), tls=tls.client)


def _folder(around: Surroundings) -> World:
    return FolderWorld.around(around.folder / "mail")


def _web_push(around: Surroundings) -> World:
    return HttpWorld.of_push(HttpServer(around.thread, around.certificates.server), tls=around.certificates.client)


def _webhook(around: Surroundings) -> World:
    return HttpWorld.of_webhooks(HttpServer(around.thread, around.certificates.server), tls=around.certificates.client)


PROVIDERS_UNDER_TEST = (
    ProviderUnderTest("smtp", "plain", _smtp),
    ProviderUnderTest("smtp", "with STARTTLS and sign-in", _smtp_starttls),
    ProviderUnderTest("smtp", "with TLS and sign-in", _smtps),
    ProviderUnderTest("folder", "", _folder, frozenset({Mood.UNREACHABLE})),
    ProviderUnderTest("console", "for e-mail", lambda _: ConsoleWorld.around(Channel.EMAIL), frozenset()),
    ProviderUnderTest("console", "for push", lambda _: ConsoleWorld.around(Channel.PUSH), frozenset()),
    ProviderUnderTest("console", "for webhooks", lambda _: ConsoleWorld.around(Channel.WEBHOOK), frozenset()),
    ProviderUnderTest("web_push", "", _web_push),
    ProviderUnderTest("webhook", "", _webhook),
)

every_provider = pytest.mark.parametrize("under_test", PROVIDERS_UNDER_TEST, ids=str)


def those_whose_server(mood: Mood) -> pytest.MarkDecorator:
    """Run a test with each provider whose other end can be in this mood."""
    chosen = [one for one in PROVIDERS_UNDER_TEST if mood in one.moods]
    return pytest.mark.parametrize("under_test", chosen, ids=str)
