"""An event loop of the provider's own that runs now and then, as in a worker, beside servers that always run."""

import asyncio
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from tests.integration.providers.providers_under_test import ProviderUnderTest, Surroundings
from tests.integration.providers.server_thread import Certificates, ServerThread, new_certificates
from tests.integration.providers.worlds import World

T = TypeVar("T")
W = TypeVar("W", bound=World)


class Run(Protocol):
    """Runs the provider's loop until something is done, and returns its result."""

    def __call__(self, awaitable: Awaitable[T], /) -> T: ...


class Opened(Protocol):
    """Takes a world that is to be closed, with its provider, at the end of the test, and returns it."""

    def __call__(self, world: W, /) -> W: ...


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    return new_certificates()


@pytest.fixture
def server_thread() -> Iterator[ServerThread]:
    thread = ServerThread()
    yield thread
    thread.close()


@pytest.fixture
def run() -> Iterator[Run]:
    loop = asyncio.new_event_loop()
    yield loop.run_until_complete
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def opened(run: Run, server_thread: ServerThread) -> Iterator[Opened]:
    worlds: list[World] = []

    def note(world: W) -> W:
        worlds.append(world)
        return world

    yield note
    for world in worlds:
        run(world.provider.close())
        world.close()


@pytest.fixture
def world(
    under_test: ProviderUnderTest,
    opened: Opened,
    server_thread: ServerThread,
    certificates: Certificates,
    tmp_path: Path,
) -> World:
    return opened(under_test.opens(Surroundings(server_thread, certificates, tmp_path)))
