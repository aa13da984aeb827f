"""HTTP to servers that members and operators name: calls public addresses only, unless the settings allow others.

The address is looked at when the socket is made for it, so that neither a name that changes its address meanwhile nor
an odd way to write one gets round it. Redirects are not followed, nothing from the environment is used (proxies,
`.netrc`), no cookies are kept.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from storage.settings import Settings
from workers.providers.outcomes import GiveUp, TryAgain
from workers.providers.targets import is_public, private, refusal_of, server_of

CALL_SECONDS_MAX = 15.0
CONNECT_SECONDS_MAX = 8.0
KEPT_SECONDS_MAX = 60.0
CONNECTIONS_PER_HOST_MAX = 8
SAID_BYTES_MAX = 2048
SAID_CHARACTERS_MAX = 200

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str, int] | tuple[str, ...]]


class PrivateAddressError(OSError):
    """The address lies in the private network and is not connected to."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered: the status, its first words on one line, and how long it asks to wait."""

    status: int
    words: str
    after_seconds: float | None

    @property
    def said(self) -> str:
        """The status with the words."""
        return f"{self.status} {self.words}".strip()


@dataclass(slots=True)
class _Used:
    """Which connection a request went over: a kept one, or a fresh one."""

    kept: bool = False


class GuardedHttp:
    """Posts to servers over connections that are kept alive; for one event loop, opened by the first call.

    `tls` is for servers whose certificates no public authority signed.
    """

    def __init__(self, settings: Settings, *, calls_at_once: int, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._calls_at_once = calls_at_once
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._names = _OwnThreads(calls_at_once)

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply | TryAgain | GiveUp:
        """Post once and return the reply, or why there is none.

        A kept connection that turns out to be closed is replaced at once. The server may have taken the request
        before it closed: that is a second sending, like one after an answer that was lost.
        """
        if why := refusal_of(url, self._settings):
            return GiveUp(why)
        while True:
            used = _Used()
            try:
                return await self._post_once(url, body=body, headers=headers, used=used)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if not used.kept:
                    return _failure(url, error)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return _failure(url, error)

    async def _post_once(self, url: str, *, body: bytes, headers: Mapping[str, str], used: _Used) -> Reply:
        session = self._opened()
        async with session.post(
            url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=used
        ) as response:
            said = b""
            with suppress(aiohttp.ClientError, TimeoutError):  # the status is the answer, its words are an extra
                said = await response.content.read(SAID_BYTES_MAX)
            words = " ".join(said.decode(errors="replace").split())[:SAID_CHARACTERS_MAX]
            return Reply(response.status, words, _after_seconds(response.headers.get("Retry-After", "")))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._calls_at_once,
                limit_per_host=CONNECTIONS_PER_HOST_MAX,
                keepalive_timeout=KEPT_SECONDS_MAX,
                resolver=self._names,
                ssl=self._tls or True,
                socket_factory=_any_socket if self._settings.private_targets else _public_socket,
            )
            trace = aiohttp.TraceConfig()
            trace.on_connection_reuseconn.append(_note_kept)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=CALL_SECONDS_MAX, sock_connect=CONNECT_SECONDS_MAX),
                headers={"User-Agent": "Seatline", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
                trace_configs=[trace],
            )
        return self._session

    async def close(self) -> None:
        """Close the kept connections; a later call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        await self._names.close()


async def _note_kept(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.kept = True


def _any_socket(address_info: AddressInfo) -> socket.socket:
    family, kind, protocol, _, _ = address_info
    return socket.socket(family, kind, protocol)


def _public_socket(address_info: AddressInfo) -> socket.socket:
    if not is_public(str(address_info[4][0])):
        # The same words for each address of a host: of several such errors the connector then raises this one.
        raise PrivateAddressError("a private address")
    return _any_socket(address_info)


class _OwnThreads(AbstractResolver):
    """Looks names up in threads of its own: a name server that hangs holds up nobody else's threads."""

    def __init__(self, threads_max: int) -> None:
        self._threads_max = threads_max
        self._threads: ThreadPoolExecutor | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._threads_max, thread_name_prefix="names")
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=found_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found_family, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)


def _failure(url: str, error: Exception) -> TryAgain | GiveUp:
    server = server_of(url)
    match error:
        case aiohttp.ClientConnectorError(os_error=PrivateAddressError()):
            return GiveUp(private(server))
        case aiohttp.ClientConnectorDNSError():
            return TryAgain(f"the name {server} leads to no address ({error.os_error})", server_down=True)
        case aiohttp.ClientConnectorCertificateError():
            return TryAgain(f"the certificate of {server} is not to be trusted ({error})", server_down=True)
        case TimeoutError():
            return TryAgain(f"{server} did not answer in time", server_down=True)
        case aiohttp.InvalidURL() | ValueError():
            return GiveUp(f"{url!r} cannot be called: {error}")
        case _:
            return TryAgain(f"{server} cannot be reached ({error or type(error).__name__})", server_down=True)


def _after_seconds(header: str) -> float | None:
    """Read `Retry-After` (RFC 9110, section 10.2.3): seconds, or the date until which to wait."""
    text = header.strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
