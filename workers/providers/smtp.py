"""The SMTP provider: hands each mail to one mail server (RFC 5321) over kept connections."""

import asyncio
import email.policy
import ssl
from dataclasses import dataclass
from email.utils import parseaddr

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPSenderRefused

from domain.channels import Channel
from storage.deliveries import Delivery
from storage.settings import Settings, SettingsError
from workers.messages.mail import mail_for
from workers.providers.outcomes import Attempt, GiveUp, Sent, TryAgain
from workers.providers.smtp_connections import ServerUnusableError, SmtpConnections, drop, words_of
from workers.providers.smtp_server import SmtpServer, read_smtp_url

CALLS_AT_ONCE = 8
CALL_SECONDS_MAX = 80.0
CONTENT_SECONDS_MAX = 60.0  # a server may scan a mail before it takes it; cutting it off here could send it twice
CLOSING = 421
REFUSALS = (4, 5)  # hundreds of the code (RFC 5321, section 4.2.1): for now, for good
SIGN_IN_CODES = frozenset({530, 534, 535, 538})  # RFC 4954, section 6: the sign-in is missing, refused or too weak


class ClosedMeanwhileError(Exception):
    """The connection ended before anything of this mail was handed over on it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it travels, in its envelope: one sender, one recipient."""

    sender: str
    recipient: str
    content: bytes


class SmtpProvider:
    """Hands mails to one server, several at once, each on a connection of its own that is kept for the next.

    The provider key is the Message-ID: the same for each sending of a delivery. A second sending is possible where
    the server took the mail, that is between its 250 after the content and the record of it here: when the worker
    dies or the connection breaks before that reply arrives, or the call is cut off while it is on its way.

    A refusal of the recipient or the content for good (5xx) gives up; 4xx is tried again. What would meet each mail
    alike is held against the server, and no mail is lost for it: no connection, no TLS, a refused sign-in, a refused
    sender, 421.
    """

    name = "smtp"
    channel = Channel.EMAIL
    calls_at_once = CALLS_AT_ONCE
    call_seconds = CALL_SECONDS_MAX

    def __init__(self, server: SmtpServer, settings: Settings, *, tls: ssl.SSLContext | None = None) -> None:
        self.only_server: str | None = server.name
        self._server = server
        self._settings = settings
        self._sender = _sender(settings.mail_from)
        self._connections = SmtpConnections(server, tls or ssl.create_default_context())
        self._hands = asyncio.Semaphore(CALLS_AT_ONCE)

    @classmethod
    def open(cls, settings: Settings) -> "SmtpProvider":
        """Serve e-mail; raises `SettingsError` where the server or the sender makes no sense."""
        return cls(read_smtp_url(settings.smtp_url), settings)

    def server_of(self, _: Delivery) -> str:
        """Return the one server, for all deliveries."""
        return self._server.name

    async def send(self, delivery: Delivery) -> Attempt:
        """Hand over one mail; raises `MessageError` where it cannot be composed.

        A kept connection that the server closed meanwhile is replaced at once. Cancelled, it closes its connection.
        """
        if why := _unusable(delivery.address):
            return GiveUp(why)
        content = mail_for(delivery, self._settings).as_bytes(policy=email.policy.SMTP)
        mail = Mail(self._sender, delivery.address, content)
        async with self._hands:
            kept = self._connections.take_kept()
            try:
                if kept is not None:
                    return await self._hand_over(kept, mail)
            except ClosedMeanwhileError:
                pass  # nobody saw anything of the mail: a fresh connection takes it
            try:
                return await self._hand_over(await self._connections.connect(), mail)
            except (ServerUnusableError, ClosedMeanwhileError) as error:
                return TryAgain(str(error), server_down=True)

    async def _hand_over(self, connection: SMTP, mail: Mail) -> Attempt:
        """Run one transaction and keep the connection, or drop it where its state is not known."""
        begun = False
        try:
            await connection.mail(mail.sender)
            begun = True
            await connection.rcpt(mail.recipient)
            reply = await connection.data(mail.content, timeout=CONTENT_SECONDS_MAX)
        except SMTPResponseException as error:
            if error.code != CLOSING and error.code // 100 in REFUSALS:
                await self._connections.keep_after_refusal(connection)
            else:
                drop(connection)
            if error.code == CLOSING and not begun:
                raise ClosedMeanwhileError(f"{self._server.name} is closing ({words_of(error)})") from error
            return _refusal(error, self._server)
        except (SMTPException, OSError) as error:
            drop(connection)
            if not begun:
                raise ClosedMeanwhileError(f"{self._server.name} broke off ({error})") from error
            return TryAgain(f"{self._server.name} broke off in the middle of the mail ({error})", server_down=True)
        except BaseException:
            drop(connection)
            raise
        self._connections.keep(connection)
        return Sent(f"{reply.code} {reply.message}")

    async def close(self) -> None:
        """Close the kept connections; the provider may be used again after that."""
        await self._connections.close()


def _sender(mail_from: str) -> str:
    _, address = parseaddr(mail_from)
    if _unusable(address) or not address.isascii():
        raise SettingsError(
            f"SEATLINE_MAIL_FROM is {mail_from!r}. Set it to the address that mails come from, in ASCII, "
            "like `Studio <studio@example.org>`."
        )
    return address


def _unusable(address: str) -> str | None:
    """Return why no server can be told this address; None where one can."""
    local, _, domain = address.rpartition("@")
    if not local or not domain or parseaddr(address) != ("", address) or not address.isprintable():
        return f"{address!r} is not an e-mail address"
    return None


def _refusal(error: SMTPResponseException, server: SmtpServer) -> Attempt:
    words = words_of(error)
    if error.code in SIGN_IN_CODES:
        return TryAgain(f"{server.name} wants another sign-in ({words}): check SEATLINE_SMTP_URL", server_down=True)
    match error.code // 100:
        case 5 if isinstance(error, SMTPSenderRefused):
            # Each mail has the same sender: this says nothing about this one.
            return TryAgain(f"{server.name} refuses the sender ({words}): check SEATLINE_MAIL_FROM", server_down=True)
        case 5:
            return GiveUp(words)
        case 4:
            return TryAgain(words, server_down=error.code == CLOSING)
        case _:
            return TryAgain(f"{server.name} gives no proper reply ({words})", server_down=True)
