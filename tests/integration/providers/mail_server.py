"""A real SMTP server (aiosmtpd) that answers as a test tells it, with TLS, STARTTLS and sign-in."""

import asyncio
import ssl
from collections import Counter, deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.integration.providers.server_thread import HOST, WAIT_SECONDS_MAX, ServerThread
from workers.providers.smtp_server import Security

USER, PASSWORD = "seatline@example.org", "p@ss/wörd?"
HANG = "hang"
"""As a reply: none, until the client is gone."""
BREAK_OFF = "break off"
"""As a reply: none, and the connection ends."""


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as the server took it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class MailServer:
    """Listens on a port of its own, the same after each start.

    `replies` are given before the usual ones, by command: to each `RCPT` the next of `replies["RCPT"]`. A reply of
    421 closes the connection, as RFC 5321 says. `usual` is given to each command when `replies` has none left.
    """

    thread: ServerThread
    security: Security
    tls: ssl.SSLContext | None = None
    password: str | None = None
    port: int = 0
    mails: list[ReceivedMail] = field(default_factory=list)
    commands: Counter[str] = field(default_factory=Counter)
    replies: dict[str, deque[str]] = field(default_factory=dict)
    usual: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    hanging: Event = field(default_factory=Event)
    _server: asyncio.Server | None = None
    _open: set["_Connection"] = field(default_factory=set)

    @property
    def url(self) -> str:
        sign_in = "" if self.password is None else "seatline%40example.org:p%40ss%2Fw%C3%B6rd%3F@"
        return f"{self.security}://{sign_in}{HOST}:{self.port}"

    def start(self) -> None:
        self.thread.run(self._start())

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        tls = self.tls if self.security is Security.TLS else None
        self._server = await loop.create_server(lambda: _Connection(self), HOST, self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.thread.run(self._stop())

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._close_connections()

    def close_connections(self) -> None:
        """Close the connections and go on listening, as servers do that have waited long enough for a command."""
        self.thread.run(self._close_connections())

    async def _close_connections(self) -> None:
        for connection in list(self._open):
            connection.break_off()
        await self._be_left()

    def wait_until_left(self) -> None:
        """Return when each connection has ended."""
        self.thread.run(self._be_left())

    async def _be_left(self) -> None:
        await asyncio.gather(*(connection.ended for connection in self._open))

    def will_reply(self, command: str, *replies: str) -> None:
        self.replies.setdefault(command, deque()).extend(replies)

    def wait_until_hanging(self) -> None:
        assert self.hanging.wait(WAIT_SECONDS_MAX)

    async def reply(self, connection: "_Connection", command: str, usual: str) -> str:
        self.commands[command] += 1
        scripted = self.replies.get(command)
        reply = scripted.popleft() if scripted else self.usual.get(command, usual)
        if reply == HANG:
            self.hanging.set()
            await asyncio.Event().wait()  # until the connection ends
        if reply == BREAK_OFF:
            connection.break_off()
            await asyncio.Event().wait()  # until the connection is lost
        if reply.startswith("421"):
            await connection.push(reply)
            assert isinstance(connection.transport, asyncio.WriteTransport)
            connection.transport.close()
        return reply

    # The hooks that aiosmtpd calls, each with what it says to the client.

    async def handle_MAIL(  # noqa: N802 - aiosmtpd names its hooks after the commands
        self, connection: "_Connection", _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self.reply(connection, "MAIL", "250 OK")
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802
        self, connection: "_Connection", _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        reply = await self.reply(connection, "RCPT", "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_RSET(self, connection: "_Connection", _: Session, __: Envelope) -> str:  # noqa: N802
        return await self.reply(connection, "RSET", "250 OK")

    async def handle_DATA(self, connection: "_Connection", _: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = await self.reply(connection, "DATA", f"250 taken as {len(self.mails)}")
        if reply.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content))
        return reply

    def authenticate(self, _: SMTP, __: Session, ___: Envelope, ____: str, sign_in: Any) -> AuthResult:
        self.commands["AUTH"] += 1
        assert isinstance(sign_in, LoginPassword)
        good = sign_in.login == USER.encode() and sign_in.password == (self.password or "").encode()
        return AuthResult(success=good, handled=False)


class _Connection(SMTP):
    def __init__(self, server: MailServer) -> None:
        self._mail_server = server
        self.ended = asyncio.get_running_loop().create_future()
        super().__init__(
            server,
            hostname="mail.example.org",
            loop=asyncio.get_running_loop(),
            tls_context=server.tls if server.security is Security.STARTTLS else None,
            require_starttls=server.security is Security.STARTTLS,
            auth_required=server.password is not None,
            authenticator=server.authenticate,
        )
        # It takes TLS for missing where the connection began with it.
        self._auth_require_tls = server.security is Security.STARTTLS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:  # with STARTTLS it is called a second time
            self._mail_server.connections += 1
            self._mail_server._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mail_server._open.discard(self)
        # A handshake that fails ends the TLS connection, and leaves the one below it open.
        if isinstance(self._original_transport, asyncio.WriteTransport):
            self._original_transport.abort()
        if not self.ended.done():
            self.ended.set_result(None)
        super().connection_lost(error)

    def break_off(self) -> None:
        transport = self._original_transport or self.transport
        assert isinstance(transport, asyncio.WriteTransport)
        transport.abort()
