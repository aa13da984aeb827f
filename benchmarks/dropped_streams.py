"""10,000 event streams are opened and dropped: what the web server holds before and after, on a stand of its own.

    .venv/bin/python -m benchmarks.dropped_streams --streams 2000 --rounds 5

Each round opens that many streams, 4,000 at a time (a process takes 5,000, and nobody says which gets how many), and
drops them, every second one without a farewell (RST). The server finds out when it has something to say, which it has
every 15 seconds. Memory is resident, in millions of bytes, of both processes of the web server together; the first
round grows it to what so many streams need, the later ones show whether anything stays.
"""

import asyncio
import resource
import socket
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.bulk import Bulk
from benchmarks.contenders import SEATLINE
from benchmarks.stand import meters
from benchmarks.stand.stand import Running, Stand
from ops.stack.ports import LOOPBACK
from ops.stack.servers import EmbeddedServers

OPENING_AT_ONCE = 200
OPEN_AT_ONCE = 4_000
SPARE_FILES = 500
STREAMS_OF_MEMBER = 10  # half of what one may have open, in each process
QUIET_SECONDS = 20.0  # the server speaks to every stream more often
RESET = struct.pack("ii", 1, 0)


def held(running: Running) -> tuple[int, float]:
    """Return how many files and sockets the web server's processes hold, and their memory."""
    family = meters.processes_under({"api": running.roots["api"]})["api"]
    files = sum(1 for pid in family for _ in Path(f"/proc/{pid}/fd").iterdir())
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family)
    return files, pages * resource.getpagesize() / 1e6


async def open_one(port: int, head: bytes, slots: asyncio.Semaphore) -> asyncio.StreamWriter:
    """Open a stream, and return when the server has begun to answer."""
    async with slots:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(head)
        answer = await reader.readline()
        if b" 200 " not in answer:
            raise RuntimeError(f"a stream was answered {answer!r}")
        return writer


async def open_and_drop(running: Running, heads: Sequence[bytes], streams: int) -> tuple[int, float]:
    """Open so many streams at once and drop them; return what the server held meanwhile."""
    slots = asyncio.Semaphore(OPENING_AT_ONCE)
    of_members = (heads[number % len(heads)] for number in range(streams))
    writers = await asyncio.gather(*(open_one(running.stack.port, head, slots) for head in of_members))
    meanwhile = held(running)
    for number, writer in enumerate(writers):
        if number % 2:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        else:
            writer.close()
    await asyncio.sleep(0.1)  # until the loop has let them go
    return meanwhile


def settled(running: Running, files_before: int) -> tuple[int, float, float]:
    """Wait until the server has let the dropped streams go; return what it holds then, and the seconds it took."""
    began = changed = time.monotonic()
    fewest, _ = held(running)
    while fewest > files_before and time.monotonic() - changed < QUIET_SECONDS:
        time.sleep(0.5)
        files, _ = held(running)
        if files < fewest:
            fewest, changed = files, time.monotonic()
    return *held(running), changed - began


def a_round(running: Running, heads: Sequence[bytes], streams: int, at_once: int) -> str:
    """Open and drop so many; return what there is to say of it."""
    files_before, _ = held(running)
    most_files, most_memory = 0, 0.0
    began = time.monotonic()
    for first in range(0, streams, at_once):
        number = min(at_once, streams - first)
        files, memory = asyncio.run(open_and_drop(running, heads, number))
        most_files, most_memory = max(most_files, files), max(most_memory, memory)
    opened = time.monotonic() - began
    files, memory, seconds = settled(running, files_before)
    return (
        f"{streams:,} streams, {at_once:,} at a time, in {opened:.1f} s; files {files_before} before, {most_files} at "
        f"most, {files} after {seconds:.0f} s; memory {most_memory:.0f} MB at most, {memory:.0f} MB after"
    )


@click.command()
@click.option("--streams", default=2_000, show_default=True)
@click.option("--rounds", default=5, show_default=True)
def main(streams: int, rounds: int) -> None:
    """Print a line for each round."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    at_once = min(streams, OPEN_AT_ONCE, hard - SPARE_FILES)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedServers(Path(folder)) as servers,
        Stand(servers).running(SEATLINE, working=False) as running,
    ):
        assert isinstance(running.studio, Bulk)
        members = -(-at_once // STREAMS_OF_MEMBER)
        running.studio.members(members)
        (session_id,) = running.studio.sessions(1, capacity=5)
        tokens = running.tokens([member_id for member_id, _ in running.studio.payers(members)])
        asks = f"GET /v1/events?session_id={session_id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        heads = [f"{asks}{token}\r\n\r\n".encode() for token in tokens]
        for number in [100, *[streams] * rounds]:
            click.echo(a_round(running, heads, number, min(number, at_once)))


if __name__ == "__main__":
    main()
