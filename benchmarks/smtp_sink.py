"""An SMTP server that takes every mail and keeps none, in a process of its own; it counts mails and connections.

It speaks just enough of RFC 5321 for one client program and costs little, so that what is measured is the client. Told
to hang, it goes on accepting connections and says nothing on them.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from typing import Any

READY_SECONDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Sink:
    """Where the sink listens, what it has counted, and whether it hangs."""

    port: int
    mails: "Synchronized[int]"
    connections: "Synchronized[int]"
    hanging: "Synchronized[int]"

    @property
    def url(self) -> str:
        """The address, as SEATLINE_SMTP_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"

    def hang(self, *, yes: bool) -> None:
        """Say nothing any more, or answer again."""
        self.hanging.value = int(yes)


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Run a sink until the end of the block."""
    context = get_context("spawn")
    mails, connections, hanging, port = (context.Value("i", 0) for _ in range(4))
    ready = context.Event()
    process = context.Process(target=_serve, args=(mails, connections, hanging, port, ready), daemon=True)
    process.start()
    try:
        if not ready.wait(READY_SECONDS_MAX):
            raise TimeoutError("the SMTP sink did not start")
        yield Sink(port.value, mails, connections, hanging)
    finally:
        process.kill()
        process.join()


def _serve(mails: Any, connections: Any, hanging: Any, port: Any, ready: Any) -> None:
    async def listen() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.value += 1
            try:
                await _converse(reader, writer, mails, hanging)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)
        port.value = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    asyncio.run(listen())


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mails: Any, hanging: Any) -> None:
    if hanging.value:
        await reader.read()
        return
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        if hanging.value:
            await reader.read()
            return
        match line[:4].upper():
            case b"EHLO":
                writer.write(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            case b"DATA":
                writer.write(b"354 go ahead\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                mails.value += 1
                writer.write(b"250 taken\r\n")
            case b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            case _:
                writer.write(b"250 ok\r\n")
