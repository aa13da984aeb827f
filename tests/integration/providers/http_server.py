"""A real HTTP server (aiohttp) that answers as a test tells it and keeps what it received."""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event

from aiohttp import web

from tests.integration.providers.server_thread import HOST, WAIT_SECONDS_MAX, ServerThread


@dataclass(frozen=True)
class Received:
    """A request as it came; the names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server says. Or not: it `hangs` until the client is gone, `breaks_off`, or says the status only and then
    `stalls`, or goes on with an `endless` text.
    """

    status: int = 200
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks_off: bool = False
    stalls: bool = False
    endless: bool = False


@dataclass
class HttpServer:
    """Listens on a port of its own, the same after each start. `answers` are given before `usual`."""

    thread: ServerThread
    tls: ssl.SSLContext | None = None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    usual: Answer = field(default_factory=Answer)
    connections: set[object] = field(default_factory=set)
    hanging: Event = field(default_factory=Event)
    _runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    def start(self) -> None:
        self.thread.run(self._start())

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.port, ssl_context=self.tls).start()
        self.port = self._runner.addresses[0][1]

    def stop(self) -> None:
        self.thread.run(self._stop())

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def wait_until_hanging(self) -> None:
        assert self.hanging.wait(WAIT_SECONDS_MAX)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(request.transport)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, await request.read()))
        answer = self.answers.popleft() if self.answers else self.usual
        if answer.hangs:
            self.hanging.set()
            await asyncio.Event().wait()  # until the client is gone
        if answer.breaks_off:
            assert request.transport is not None
            request.transport.abort()
        if answer.stalls or answer.endless:
            response = web.StreamResponse(status=answer.status)
            await response.prepare(request)
            while answer.endless:
                await response.write(answer.text.encode())
            await asyncio.Event().wait()  # until the client is gone
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)
