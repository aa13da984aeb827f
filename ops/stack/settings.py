"""What one running stack has in common: addresses, secret, where its data are; and the processes that share them."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.stack.child import ChildSpec


@dataclass(frozen=True)
class StackSettings:
    """The settings every process of the stack gets through its environment."""

    data: Path
    port: int
    database_url: str
    redis_url: str
    secret_key: str

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        return f"http://{self.bind}"

    @property
    def bind(self) -> str:
        """The address the API listens on; the local stack is for this machine only."""
        return f"127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The variables by which the processes, and every `seatline` command, find this stack."""
        return {
            "SEATLINE_DATABASE_URL": self.database_url,
            "SEATLINE_REDIS_URL": self.redis_url,
            "SEATLINE_SECRET_KEY": self.secret_key,
            "SEATLINE_DATA": str(self.data),
            "SEATLINE_BIND": self.bind,
            # The address that people use, which a proxy in front may make another one.
            "SEATLINE_URL": os.environ.get("SEATLINE_URL") or self.url,
        }


@dataclass(frozen=True)
class Plan:
    """What a stack consists of besides its servers.

    `prepare` runs once both servers answer and before any process starts; the lines it returns are shown when all
    is ready. `web` must answer GET /live on the stack's port with 200; it is stopped first, the others after it.
    """

    prepare: Callable[[StackSettings], Sequence[str]]
    web: Callable[[StackSettings], ChildSpec]
    others: Callable[[StackSettings], Sequence[ChildSpec]]


def web(settings: StackSettings) -> ChildSpec:
    """The API."""
    program = _python("gunicorn", "-c", "api/gunicorn_conf.py", "api.app:create_app()")
    return ChildSpec("api", program, _environment(settings), stop_seconds=1.5)


def workers(settings: StackSettings, count: int) -> list[ChildSpec]:
    """The Celery workers, which read every queue that `workers.queues` names for them, and beat, which sweeps."""
    environment = _environment(settings)
    specs = [
        ChildSpec(
            f"worker{number}",
            _python(
                "celery", "-A", "workers.app", "worker", "-n", f"worker{number}@%h", "--concurrency", "2",
                "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
            ),
            environment,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    schedule = str(settings.data / "beat-schedule")
    return [*specs, ChildSpec("beat", _python("celery", "-A", "workers.app", "beat", "-s", schedule), environment)]


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _environment(settings: StackSettings) -> dict[str, str]:
    # Unbuffered, so that the last words of a process that dies are in its log.
    return {**os.environ, "PYTHONUNBUFFERED": "1", **settings.environment()}
