"""What each worker process says of itself in Redis: a hint for operators, gone a few seconds after its process.

`seatline:worker:<host>:<pid>` holds a `Worker` as JSON and expires; `seatline:workers` lists those keys by the time of
their last beat. A thread of its own beats, so that a process that is busy with one command for minutes still says so.
"""

import json
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Event, Lock, Thread
from typing import Any

from redis import Redis

from domain.ids import TrainingSessionId
from workers.hints import hint

EVERY_SECONDS = 4.0
GONE_AFTER_SECONDS = 15  # a process that was killed is listed no longer than this
FORGOTTEN_AFTER_SECONDS = 3600.0  # clocks of different machines may differ by less
SETTLED_OVER_SECONDS = 60.0

WORKERS = "seatline:workers"


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process. Instants are Unix seconds by its own clock.

    `busy_with` names its task, or is empty; `session_id` the session it serves, or is empty. `settled` counts the
    commands it settled in the last minute.
    """

    name: str
    host: str
    pid: int
    queues: tuple[str, ...]
    started_at: float
    beat_at: float
    busy_with: str
    session_id: str
    busy_since: float | None
    settled: int


class Heart:
    """Keeps what this process is doing and tells it; safe to use from several threads."""

    def __init__(self, redis: Redis, *, queues: tuple[str, ...]) -> None:
        self._redis = redis
        self._name = ""
        self._queues = queues
        self._host, self._pid, self._started_at = socket.gethostname(), os.getpid(), time.time()
        self._lock = Lock()
        self._busy_with, self._session_id = "", ""
        self._busy_since: float | None = None
        self._settled: deque[tuple[float, int]] = deque()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self, name: str) -> None:
        """Beat by this name at once, then every four seconds until `stop`."""
        self._name = name
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and be listed no more."""
        self._stopping.set()
        with hint("take a worker off the list"), self._redis.pipeline(transaction=False) as pipe:
            pipe.delete(self._key)
            pipe.zrem(WORKERS, self._key)
            pipe.execute()

    @contextmanager
    def busy(self, with_: str, training_session_id: TrainingSessionId | None = None) -> Iterator[None]:
        """Say what this process is busy with; it is told with the next beat, and costs no round trip."""
        with self._lock:
            self._busy_with, self._busy_since = with_, time.time()
            self._session_id = "" if training_session_id is None else str(training_session_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy_with, self._session_id, self._busy_since = "", "", None

    def settled(self, commands: int) -> None:
        """Count settled commands."""
        if commands:
            with self._lock:
                self._settled.append((time.monotonic(), commands))
                self._forget()

    def now(self) -> Worker:
        """Return what this process would say of itself."""
        with self._lock:
            self._forget()
            return Worker(
                self._name,
                self._host,
                self._pid,
                self._queues,
                self._started_at,
                time.time(),
                self._busy_with,
                self._session_id,
                self._busy_since,
                sum(commands for _, commands in self._settled),
            )

    def beat(self) -> None:
        """Tell it. Redis being away is no harm: the next beat tells it all again."""
        worker = self.now()
        with hint("tell what this worker does"), self._redis.pipeline(transaction=False) as pipe:
            pipe.set(self._key, json.dumps(asdict(worker)), ex=GONE_AFTER_SECONDS)
            pipe.zadd(WORKERS, {self._key: worker.beat_at})
            pipe.zremrangebyscore(WORKERS, "-inf", worker.beat_at - FORGOTTEN_AFTER_SECONDS)
            pipe.execute()

    @property
    def _key(self) -> str:
        return f"seatline:worker:{self._host}:{self._pid}"

    def _forget(self) -> None:
        since = time.monotonic() - SETTLED_OVER_SECONDS
        while self._settled and self._settled[0][0] < since:
            self._settled.popleft()

    def _run(self) -> None:
        while True:
            self.beat()
            if self._stopping.wait(EVERY_SECONDS):
                return


def workers_now(redis: Redis) -> list[Worker]:
    """Return the worker processes that beat within the last 15 s, by name and pid.

    What a newer or older version says of itself beyond, or less than, a `Worker` is passed over.
    """
    keys = [str(key) for key in redis.zrange(WORKERS, 0, -1)]
    found = (_read(text) for text in (redis.mget(keys) if keys else ()))
    return sorted((one for one in found if one is not None), key=lambda one: (one.name, one.host, one.pid))


def _read(text: Any) -> Worker | None:
    if text is None:
        return None
    said = json.loads(text)
    try:
        return Worker(**{**{name: said[name] for name in Worker.__slots__}, "queues": tuple(said["queues"])})
    except KeyError:
        return None
