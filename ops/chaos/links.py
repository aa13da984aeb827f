"""The ways between the processes, each through a small TCP proxy of our own that can be told to misbehave."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from enum import StrEnum, auto
from threading import Thread
from typing import Any, Self, TypeVar

from ops.stack.ports import LOOPBACK, free_port

CHUNK = 65_536
LOST_ONE_IN = 12  # answers, while a link loses answers

T = TypeVar("T")


class Trouble(StrEnum):
    """What may be wrong with a link."""

    HANGS = auto()
    """Connections stay and are taken on, but nothing goes through."""
    REFUSES = auto()
    """Connections are cut, and no new one is taken on."""
    LOSES_ANSWERS = auto()
    """Questions arrive; some answers are lost, their connection with them."""


class Link:
    """One way from a kind of process to a server; everything here runs in the network's loop."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = free_port()
        self._to = port
        self._troubles: list[Trouble] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._pairs: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._random = random.Random(name)  # noqa: S311 - decides which answer is lost, guards nothing

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take_on, LOOPBACK, self.port)

    async def close(self) -> None:
        """Listen no more, and cut what is connected."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    async def begin(self, trouble: Trouble) -> None:
        """Be in this trouble too."""
        self._troubles.append(trouble)
        await self._obey()

    async def end(self, trouble: Trouble) -> None:
        """Be in this trouble no more; another one may last."""
        self._troubles.remove(trouble)
        await self._obey()

    def cut(self) -> int:
        """Cut every connection, as a machine does that is gone; return how many there were."""
        pairs, self._pairs = self._pairs, {}
        for near, far in pairs.items():
            near.transport.abort()
            far.transport.abort()
        return len(pairs)

    def ports_at_server(self) -> set[int]:
        """Return the ports by which the server knows the connections of this link."""
        names = [far.get_extra_info("sockname") for far in self._pairs.values()]
        return {name[1] for name in names if name}

    async def _obey(self) -> None:
        refuses = Trouble.REFUSES in self._troubles
        if refuses:
            await self.close()
        elif self._server is None:
            await self.open()
        if Trouble.HANGS in self._troubles:
            self._flowing.clear()
        else:
            self._flowing.set()

    async def _take_on(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        try:
            answers, far = await asyncio.open_connection(LOOPBACK, self._to)
        except OSError:
            near.transport.abort()
            return
        self._pairs[near] = far
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, far, are_answers=False))
                both.create_task(self._carry(answers, near, are_answers=True))
        except* (OSError, _Over):
            pass
        finally:
            self._pairs.pop(near, None)
            for end in (near, far):
                end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, are_answers: bool) -> None:
        """Carry bytes one way until either end is gone; then the other way ends too: no protocol here half-closes."""
        while data := await reader.read(CHUNK):
            await self._flowing.wait()
            if are_answers and Trouble.LOSES_ANSWERS in self._troubles and not self._random.randrange(LOST_ONE_IN):
                break
            writer.write(data)
            await writer.drain()
        raise _Over


class _Over(Exception):  # noqa: N818 - an end, not an error
    """One end of a connection is gone."""


class Network:
    """An event loop in a thread of its own, for everything that speaks TCP in a run; usable as a context manager.

    Apart from the main thread, which starts and ends processes and may have to wait for them.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="network", daemon=True)
        self.links: dict[str, Link] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for link in self.links.values():
            self.do(link.close)
        self.do(self._end_tasks)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def link(self, name: str, port: int) -> Link:
        """Open a way to this loopback port."""

        async def opened() -> Link:
            link = Link(name, port)
            await link.open()
            return link

        self.links[name] = self.do(opened)
        return self.links[name]

    def do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run this in the loop and return what it returns."""
        return self.start(work()).result()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin this in the loop; ask the returned future from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def cut(self, name: str) -> int:
        """Cut every connection of a link; return how many there were."""

        async def cut() -> int:
            return self.links[name].cut()

        return self.do(cut)

    def ports_at_server(self, name: str) -> set[int]:
        """Return the ports by which the server knows the connections of a link."""

        async def ports() -> set[int]:
            return self.links[name].ports_at_server()

        return self.do(ports)

    @contextmanager
    def in_trouble(self, names: list[str], trouble: Trouble) -> Iterator[None]:
        """Have these links in trouble for as long as the context lasts."""
        links = [self.links[name] for name in names]

        async def begin() -> None:
            for link in links:
                await link.begin(trouble)

        async def end() -> None:
            for link in links:
                await link.end(trouble)

        self.do(begin)
        try:
            yield
        finally:
            self.do(end)

    async def _end_tasks(self) -> None:
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
