"""What one running stack has in common: addresses, secret, where its data are; and the processes that share them."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.stack.child import ChildSpec
from storage.process_roles import Process, url_of

LOCAL_PROVIDERS = "email=folder push=web_push webhook=webhook"
MAIL_FOLDER = "mail"
NOTIFIER_STOP_SECONDS = 3.0
HANDED_ON = (
    "SEATLINE_PER_SECOND",
    "SEATLINE_SMTP_URL",
    "SEATLINE_MAIL_FROM",
    "SEATLINE_VAPID_SUBJECT",
    "SEATLINE_PRIVATE_TARGETS",
)
"""Variables about notifications that the local stack has no value of its own for."""


@dataclass(frozen=True)
class StackSettings:
    """The settings every process of the stack gets through its environment.

    `database_url` is the owner's, for whoever migrates and for commands of an operator. A process for whose role there
    is a password speaks to the database with that role.
    """

    data: Path
    port: int
    database_url: str
    redis_url: str
    secret_key: str
    vapid_private_key: str
    role_passwords: Mapping[Process, str] = field(default_factory=dict)

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
            **self.notifications(),
        }

    def environment_of(self, process: Process) -> dict[str, str]:
        """The variables of one process, which knows no other password of the database than that of its role."""
        environment = self.environment()
        if process in self.role_passwords:
            password = self.role_passwords[process]
            environment["SEATLINE_DATABASE_URL"] = url_of(self.database_url, process, password)
        return environment

    def notifications(self) -> dict[str, str]:
        """The variables about notifications: mails go into a folder, unless the operator's own say otherwise.

        They are written into `stack.json` too, so that a command line beside the stack knows them.
        """
        folder = os.environ.get("SEATLINE_MAIL_FOLDER")
        return {
            "SEATLINE_PROVIDERS": " ".join(self._providers().values()),
            "SEATLINE_MAIL_FOLDER": str(Path(folder).absolute() if folder else self.data / MAIL_FOLDER),
            "SEATLINE_VAPID_PRIVATE_KEY": self.vapid_private_key,
            **{name: value for name in HANDED_ON if (value := os.environ.get(name))},
        }

    @property
    def shows_mails(self) -> bool:
        """Whether mails go into the folder, and so can be seen at `/mail`, rather than out to people."""
        return self._providers()["email"] == "email=folder"

    def _providers(self) -> dict[str, str]:
        """Return for each channel the word that names its provider; of two for one channel the later counts."""
        words = [*LOCAL_PROVIDERS.split(), *os.environ.get("SEATLINE_PROVIDERS", "").split()]
        return {word.partition("=")[0]: word for word in words}


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
    return ChildSpec("api", program, _environment(settings, Process.API), stop_seconds=1.5)


def workers(settings: StackSettings, count: int, *, processes: int = 2) -> list[ChildSpec]:
    """The Celery workers for commands, one for notifications, and beat, which sweeps and calls for deliveries.

    Each of the `count` workers for commands has so many processes. A provider that hangs holds up its own worker,
    never one that serves commands.
    """
    environment = _environment(settings, Process.WORKER)
    commands = [
        ChildSpec(f"worker{number}", _worker(f"worker{number}", "sessions,upkeep", processes=processes), environment)
        for number in range(1, count + 1)
    ]
    # What is being sent shall be on record before it stops; anything cut off is sent a second time.
    notifier = ChildSpec(
        "notifier",
        _worker("notifier", "notifications", processes=1),
        _environment(settings, Process.NOTIFIER),
        stop_seconds=NOTIFIER_STOP_SECONDS,
    )
    beat = ChildSpec("beat", _python("celery", "-A", "workers.app", "beat"), environment)
    return [*commands, notifier, beat]


def _worker(name: str, queues: str, *, processes: int) -> list[str]:
    return _python(
        "celery", "-A", "workers.app", "worker", "-n", f"{name}@%h", "-Q", queues, "--concurrency", str(processes),
        "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    )  # fmt: skip


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _environment(settings: StackSettings, process: Process) -> dict[str, str]:
    # Unbuffered, so that the last words of a process that dies are in its log.
    return {**os.environ, "PYTHONUNBUFFERED": "1", **settings.environment_of(process)}
