"""How a mail server is connected to: TLS and sign-in as the settings say or not at all; what is kept."""

import asyncio
from collections.abc import Callable

import pytest

from tests.integration.providers.conftest import Opened, Run
from tests.integration.providers.mail_server import HANG, PASSWORD, MailServer
from tests.integration.providers.server_thread import HOST, Certificates, ServerThread
from tests.integration.providers.worlds import MailWorld
from tests.messages.telling import a_delivery, some_settings
from workers.providers import smtp_connections
from workers.providers.outcomes import Attempt, Sent, TryAgain
from workers.providers.smtp import CALLS_AT_ONCE, SmtpProvider
from workers.providers.smtp_server import Security, read_smtp_url


@pytest.fixture
def plain(opened: Opened, server_thread: ServerThread) -> MailWorld:
    return opened(MailWorld.around(MailServer(server_thread, Security.NONE)))


Protected = Callable[[Security], MailWorld]


@pytest.fixture
def protected(opened: Opened, server_thread: ServerThread, certificates: Certificates) -> Protected:
    """Return what makes a server with TLS or STARTTLS and sign-in."""

    def make(security: Security) -> MailWorld:
        server = MailServer(server_thread, security, tls=certificates.server, password=PASSWORD)
        return opened(MailWorld.around(server, tls=certificates.client))

    return make


both_ways = pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])


def is_down(attempt: Attempt, *words: str) -> bool:
    assert isinstance(attempt, TryAgain), attempt
    assert all(word in attempt.why for word in words), attempt
    return attempt.server_down


@both_ways
def test_a_mail_is_sent_after_signing_in_over_tls(protected: Protected, run: Run, security: Security) -> None:
    world = protected(security)

    assert isinstance(run(world.provider.send(world.delivery())), Sent)

    assert world.server.commands["AUTH"] == 1


@both_ways
def test_a_refused_sign_in_loses_no_mail_and_does_not_show_the_password(
    protected: Protected, run: Run, security: Security
) -> None:
    world = protected(security)
    world.server.password = "another one"

    attempt = run(world.provider.send(world.delivery()))

    assert is_down(attempt, "535", "seatline@example.org", "SEATLINE_SMTP_URL")
    assert PASSWORD not in str(attempt)
    world.server.password = PASSWORD
    assert isinstance(run(world.provider.send(world.delivery())), Sent)


@both_ways
def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    protected: Protected, run: Run, security: Security, certificates: Certificates
) -> None:
    world = protected(security)
    world.server.stop()
    world.server.tls = certificates.stranger
    world.server.start()

    attempt = run(world.provider.send(world.delivery()))

    assert is_down(attempt, "no safe connection", "certificate", str(world.server.port))
    assert not world.server.commands


@both_ways
def test_a_server_without_tls_gets_neither_password_nor_mail(
    opened: Opened, run: Run, server_thread: ServerThread, certificates: Certificates, security: Security
) -> None:
    stripped = MailServer(server_thread, Security.NONE)
    stripped.start()
    url = stripped.url.replace("smtp://", f"{security}://user:secret@")
    provider = SmtpProvider(read_smtp_url(url), some_settings(), tls=certificates.client)
    world = opened(MailWorld(stripped, provider))

    attempt = run(provider.send(world.delivery()))

    assert is_down(attempt, f"{HOST}:{stripped.port}", "SEATLINE_SMTP_URL")
    assert not stripped.commands
    assert not stripped.mails


async def closed(server: asyncio.Server) -> None:
    """Close it in the loop that it belongs to: from another thread it may end in the middle of what that loop does."""
    server.close()


@pytest.mark.parametrize("greeting", [b"554 no service for you\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_server_that_does_not_greet_as_mail_servers_do_is_down(
    run: Run, server_thread: ServerThread, greeting: bytes
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()
        await writer.wait_closed()

    server = server_thread.run(asyncio.start_server(greet, HOST, 0))
    name = f"{HOST}:{server.sockets[0].getsockname()[1]}"
    provider = SmtpProvider(read_smtp_url(f"smtp://{name}"), some_settings())

    assert is_down(run(provider.send(a_delivery())), name)

    server_thread.run(closed(server))


def test_mails_go_over_one_connection_while_it_is_kept(plain: MailWorld, run: Run) -> None:
    for number in range(20):
        run(plain.provider.send(plain.delivery(number)))

    assert (plain.server.connections, len(plain.server.mails)) == (1, 20)


def test_as_many_connections_are_open_as_calls_may_be_under_way(plain: MailWorld, run: Run) -> None:
    async def many() -> None:
        await asyncio.gather(*(plain.provider.send(plain.delivery(number)) for number in range(40)))

    run(many())

    assert (plain.server.connections, len(plain.server.mails)) == (CALLS_AT_ONCE, 40)


@both_ways
def test_a_connection_the_server_closed_meanwhile_costs_no_attempt(
    protected: Protected, run: Run, security: Security
) -> None:
    world = protected(security)
    run(world.provider.send(world.delivery(1)))
    world.server.close_connections()

    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)

    assert world.server.connections == 2


def test_a_connection_the_server_has_enough_of_costs_no_attempt(plain: MailWorld, run: Run) -> None:
    run(plain.provider.send(plain.delivery(1)))
    plain.server.will_reply("MAIL", "421 4.7.0 a hundred mails are enough")

    assert isinstance(run(plain.provider.send(plain.delivery(2))), Sent)

    assert plain.server.connections == 2


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    plain: MailWorld, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plain.provider.send(plain.delivery(1)))
    monkeypatch.setattr(smtp_connections, "IDLE_SECONDS_MAX", -1.0)

    run(plain.provider.send(plain.delivery(2)))

    assert plain.server.connections == 2


def test_a_call_that_is_cut_off_takes_its_connection_along(plain: MailWorld, run: Run) -> None:
    plain.server.will_reply("RCPT", HANG)

    async def cut_off() -> None:
        call = asyncio.create_task(plain.provider.send(plain.delivery(1)))
        await asyncio.to_thread(plain.server.wait_until_hanging)
        call.cancel()
        await asyncio.wait([call])

    run(cut_off())
    plain.server.wait_until_left()
    run(plain.provider.send(plain.delivery(2)))

    assert plain.server.connections == 2
    assert [mail.message["Message-ID"] for mail in plain.server.mails] == ["<delivery-1002@book.example.com>"]
