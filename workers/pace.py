"""How many deliveries of a channel may go out in a second, over all workers: counted in Redis, second by second."""

import time

from redis import Redis

from domain.channels import Channel
from workers.hints import hint

KEPT_SECONDS = 10  # a second's count is of no use to anybody by then


class Pace:
    """The limit of one channel; `per_second` None is no limit. Without Redis nothing more goes out until it is back."""

    def __init__(self, redis: Redis, channel: Channel, per_second: int | None) -> None:
        self._redis = redis
        self._channel = channel
        self._per_second = per_second
        self._key = ""

    def take(self, wanted: int) -> int:
        """Return how many of the wanted may go out in this second, and count them."""
        if self._per_second is None:
            return wanted
        self._key = f"notify:pace:{self._channel}:{int(time.time())}"
        free = 0
        with hint("count deliveries of this second"), self._redis.pipeline(transaction=False) as pipe:
            pipe.incrby(self._key, wanted)
            pipe.expire(self._key, KEPT_SECONDS)
            counted: int = pipe.execute()[0]
            free = max(min(wanted, self._per_second - (counted - wanted)), 0)
            self.give_back(wanted - free)
        return free

    def give_back(self, count: int) -> None:
        """Say that so many of those taken last did not go out."""
        if count and self._key:
            with hint("give back deliveries of this second"):
                self._redis.decrby(self._key, count)
