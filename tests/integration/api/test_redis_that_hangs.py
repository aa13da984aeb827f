"""A Redis that takes connections and never answers: it is waited for once, not by everybody."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from api import redis_retry, services
from api.services import Services
from storage.settings import settings


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(services, "REDIS_TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003
        yield server


def taken(server: socket.socket) -> int:
    """Return how many connections have come since the last look."""
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def client_of(server: socket.socket) -> Services:
    return Services(replace(settings(), redis_url=f"redis://127.0.0.1:{server.getsockname()[1]}/0"))


def test_whoever_comes_while_it_hangs_is_told_at_once(hanging: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_retry, "LEFT_ALONE_SECONDS", 600.0)
    made = client_of(hanging)
    with pytest.raises(RedisTimeoutError, match="Timeout"):
        made.redis.ping()
    assert taken(hanging) == 1

    with pytest.raises(RedisTimeoutError, match="did not answer a moment ago"):
        made.redis.ping()
    with made.redis.pipeline() as pipe:
        pipe.incr("counted")
        with pytest.raises(RedisTimeoutError, match="did not answer a moment ago"):
            pipe.execute()

    assert taken(hanging) == 0
    made.close()


def test_it_is_asked_again_after_a_while(hanging: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_retry, "LEFT_ALONE_SECONDS", 0.0)
    made = client_of(hanging)
    for _ in range(2):
        with pytest.raises(RedisTimeoutError, match="Timeout"):
            made.redis.ping()

    assert taken(hanging) == 2
    made.close()
