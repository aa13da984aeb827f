"""A thread with an event loop in which test servers live: they answer whether or not the provider's loop is running."""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

import trustme

T = TypeVar("T")

HOST = "127.0.0.1"
WAIT_SECONDS_MAX = 20.0


class ServerThread:
    """Runs coroutines in its loop until it is closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self.loop.run_forever, name="servers", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(WAIT_SECONDS_MAX)

    def close(self) -> None:
        self.run(_finish())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(WAIT_SECONDS_MAX)
        self.loop.close()


async def _finish() -> None:
    """Let end what servers that are closed left behind."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


@dataclass(frozen=True)
class Certificates:
    """TLS of the test servers: what they show, whom clients trust, and a certificate that nobody trusts."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    stranger: ssl.SSLContext


def new_certificates() -> Certificates:
    authority, other_authority = trustme.CA(), trustme.CA()
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Certificates(_shown(authority), client, _shown(other_authority))


def _shown(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "localhost").configure_cert(context)
    return context
