"""Connections to one mail server that are kept from one mail to the next."""

import asyncio
import ssl
from typing import cast

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException

from workers.providers.smtp_server import Security, SmtpServer

CONNECT_SECONDS_MAX = 10.0
REPLY_SECONDS_MAX = 15.0  # for each reply; within it the call as a whole may still be cut off by its caller
IDLE_SECONDS_MAX = 30.0  # a connection idle for longer is more likely dead than alive
QUIT_SECONDS_MAX = 2.0
CLOSING_TURNS = 4  # of the event loop, until it has closed an aborted socket, under TLS too


class ServerUnusableError(Exception):
    """No connection to the server can be had; the sentence names the server and says what to check."""


class SmtpConnections:
    """Opens connections to one server and keeps those that are idle; each is used by one mail at a time.

    For one event loop, which may rest between mails: what the server closed meanwhile shows only when it is used.
    """

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext) -> None:
        self._server = server
        self._tls = tls
        self._idle: list[tuple[float, SMTP]] = []

    def take_kept(self) -> SMTP | None:
        """Return the connection used last, None where none was used lately."""
        used_since = asyncio.get_running_loop().time() - IDLE_SECONDS_MAX
        while self._idle and self._idle[0][0] < used_since:
            drop(self._idle.pop(0)[1])
        return self._idle.pop()[1] if self._idle else None

    def keep(self, connection: SMTP) -> None:
        """Take a connection back whose last transaction is over."""
        self._idle.append((asyncio.get_running_loop().time(), connection))

    async def keep_after_refusal(self, connection: SMTP) -> None:
        """Take a connection back in the middle of a transaction: the server is told to forget it."""
        try:
            await connection.rset(timeout=QUIT_SECONDS_MAX)
        except (SMTPException, OSError):
            drop(connection)
        except BaseException:
            drop(connection)
            raise
        else:
            self.keep(connection)

    async def connect(self) -> SMTP:
        """Return a fresh connection, signed in; raises `ServerUnusableError`. Cancelled, it leaves nothing open."""
        server = self._server
        connection = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            tls_context=self._tls,
            timeout=REPLY_SECONDS_MAX,
        )
        try:
            await connection.connect(timeout=CONNECT_SECONDS_MAX)
            # Signed in here and not by connect(), which on a refusal would leave us no transport to abort.
            if server.user:
                await connection.login(server.user, server.password)
            elif connection.is_ehlo_or_helo_needed:
                await connection.ehlo()
        except (SMTPException, OSError) as error:
            drop(connection)
            raise ServerUnusableError(self._why(error)) from error
        except BaseException:
            drop(connection)
            raise
        return connection

    def _why(self, error: SMTPException | OSError) -> str:
        server = self._server
        match error:
            case SMTPAuthenticationError():
                return (
                    f"{server.name} refuses the sign-in as {server.user!r} ({words_of(error)}): "
                    "check user and password in SEATLINE_SMTP_URL"
                )
            case _ if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
                return (
                    f"no safe connection to {server.name} ({error}): check the scheme and host in SEATLINE_SMTP_URL, "
                    "and the server's certificate"
                )
            case SMTPResponseException():
                return f"{server.name} takes no connections now ({words_of(error)})"
            case _:
                return f"{server.name} cannot be used ({error}): check that it runs, and SEATLINE_SMTP_URL"

    async def close(self) -> None:
        """Say goodbye on every kept connection; the next mail opens a fresh one."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_quit(connection) for _, connection in idle))
        for _ in range(CLOSING_TURNS):
            await asyncio.sleep(0)


async def _quit(connection: SMTP) -> None:
    transport = connection.transport
    try:
        await connection.quit(timeout=QUIT_SECONDS_MAX)
    except (SMTPException, OSError):
        pass
    finally:
        _abort(transport)
        drop(connection)


def drop(connection: SMTP) -> None:
    """Close a connection at once, without a word: whatever is under way on it does not take place."""
    _abort(connection.transport)
    connection.close()


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if transport is not None:
        cast("asyncio.WriteTransport", transport).abort()


def words_of(error: SMTPResponseException) -> str:
    """Return what the server said, on one line."""
    return " ".join(f"{error.code} {error.message}".split())
