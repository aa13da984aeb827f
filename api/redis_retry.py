"""When a call to Redis is tried again, and when it is not tried at all."""

import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

LEFT_ALONE_SECONDS = 3.0

T = TypeVar("T")


class OnceMoreUnlessItHangs(Retry):
    """Of one client, for all its connections: tries once more on a fresh connection, which is enough after a restart.

    A server that did not answer in time is left alone for a while: whoever would ask it meanwhile is told so at once,
    rather than after the same time. What a command needs of Redis is repaired by the sweep anyway.
    """

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
        self._left_alone_until = 0.0

    def __deepcopy__(self, _: Any) -> Self:
        """Return the same: redis gives each connection a copy, and all of them speak to one server."""
        return self

    def call_with_retry(self, do: Callable[[], T], fail: Callable[..., Any], *args: Any, **kwargs: Any) -> T:
        """Do it, or raise redis' `TimeoutError` without having tried."""
        if time.monotonic() < self._left_alone_until:
            raise RedisTimeoutError("Redis did not answer a moment ago")
        try:
            return super().call_with_retry(do, fail, *args, **kwargs)
        except RedisTimeoutError:
            self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
            raise
