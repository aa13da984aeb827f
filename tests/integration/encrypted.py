"""Postgres and Valkey behind TLS: what ends it stands before the suite's own servers, which speak plainly."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import trustme

from tests.integration.providers.server_thread import HOST, ServerThread

_WANTS_TLS = bytes.fromhex("0000000804d2162f")  # SSLRequest, in PostgreSQL's "Message Formats"


@dataclass
class Encrypted:
    """Two addresses where certificates of this authority are shown; `heard` is how many connections were encrypted."""

    authority: Path
    database_url: str
    redis_url: str
    heard: list[str]


@contextmanager
def encrypted(database_url: str, redis_url: str, folder: Path, *, name: str = HOST) -> Iterator[Encrypted]:
    """Let both be reached encrypted, with certificates for this name."""
    ca = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(name).configure_cert(context)
    file = folder / "ca.crt"
    ca.cert_pem.write_to_path(file)
    made = Encrypted(file, "", "", [])
    thread, servers = ServerThread(), []
    try:
        for kind, url in (("postgres", database_url), ("redis", redis_url)):
            server = thread.run(_listen(kind, url, context, made.heard))
            servers.append(server)
            port = server.sockets[0].getsockname()[1]
            parts = urlsplit(url)
            own = urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{HOST}:{port}"))
            if kind == "postgres":
                made.database_url = f"{own}?sslmode=verify-full&sslrootcert={quote(str(file))}"
            else:
                made.redis_url = f"{own.replace('redis://', 'rediss://')}?ssl_ca_certs={quote(str(file))}"
        yield made
    finally:
        for server in servers:
            thread.loop.call_soon_threadsafe(server.close)
        thread.close()


async def _listen(kind: str, url: str, context: ssl.SSLContext, heard: list[str]) -> asyncio.Server:
    target = urlsplit(url)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if kind == "postgres":
                if await reader.readexactly(8) != _WANTS_TLS:
                    return  # plain words are not listened to
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(context)
            heard.append(kind)
            behind = await asyncio.open_connection(target.hostname, target.port)
            await asyncio.gather(_pass_on(reader, behind[1]), _pass_on(behind[0], writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(serve, HOST, 0, ssl=context if kind == "redis" else None)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while words := await reader.read(65_536):
            writer.write(words)
            await writer.drain()
    finally:
        writer.close()
