"""A Valkey (or Redis) server of our own, kept in the data folder."""

import os
import signal
import sys
from pathlib import Path

import redis

from ops.stack import processes
from ops.stack.binaries import BrokerProgram, find_broker, has_fake_broker
from ops.stack.child import Child, ChildSpec
from ops.stack.errors import StackError
from ops.stack.folder import DataFolder
from ops.stack.ports import LOOPBACK, free_port
from ops.stack.record import ChildRecord

NAME = "valkey"
PASSWORD_VARIABLE = "SEATLINE_BROKER_PASSWORD"  # noqa: S105 - a name, not the password
_PASSWORD = "valkey_password"  # noqa: S105 - the name of the file that holds it


class BrokerServer:
    """One Valkey on a loopback port, which stays the same for the life of this object, restarts included.

    Writes reach its log before they are answered and the disk within a second. That is enough: what was accepted is
    in Postgres, and the broker only says that there is work.
    """

    def __init__(self, data: DataFolder, record: ChildRecord) -> None:
        self._data = data
        self._record = record
        self._child: Child | None = None
        self._port = 0
        self.version = ""
        self.warning = ""

    @property
    def url(self) -> str:
        """The server's URL, as redis-py and Celery read it."""
        return f"redis://:{self._data.secret(_PASSWORD)}@{LOOPBACK}:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """The server's pid."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._child is not None and self._child.alive

    def start(self) -> None:
        """Start the server; returns when it answers, or raises StackError with its last words."""
        self._port = self._port or free_port()
        program = find_broker()
        spec = self._real(program) if program else self._imitation()
        self.version = program.name if program else "fakeredis"
        self._child = Child(spec, self._data, self._record)
        self.restart()

    def restart(self) -> None:
        """Start the server (again), on the same files and port."""
        child = self._child
        if child is None:
            raise StackError("Valkey was never started.")

        def start() -> None:
            processes.end_all(processes.working_in(self._data.path / NAME), signal.SIGTERM, patience=2.0)
            child.start()

        if not processes.keep_alive_until(lambda: self._is_ours(child), lambda: child.alive, start):
            child.stop()
            raise StackError(f"Valkey did not start. Its last words (logs/{NAME}.log):\n{self._data.log_tail(NAME)}")

    def stop(self) -> None:
        """Stop the server; it writes its log to disk first."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _is_ours(self, child: Child) -> bool:
        """Whether the server that answers on the port is the process we started, and not one that was there before."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2.0) as client:
                if self.warning:
                    return bool(client.ping())
                return int(client.info("server")["process_id"]) == child.pid
        except redis.RedisError:
            return False

    def _real(self, program: BrokerProgram) -> ChildSpec:
        folder = self._data.path / NAME
        folder.mkdir(mode=0o700, exist_ok=True)
        # In a file, because the command line of a process is there for every user of the machine to read.
        settings = {
            "bind": LOOPBACK,
            "port": str(self._port),
            "requirepass": self._data.secret(_PASSWORD),
            "dir": _quoted(folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        configuration = self._data.write_private("valkey.conf", text)
        return ChildSpec(NAME, [str(program.path), str(configuration)], stop_seconds=1.0)

    def _imitation(self) -> ChildSpec:
        if not has_fake_broker():
            raise StackError(
                "No Valkey or Redis 6.2 or newer was found: run `python3 run.py setup`, which installs one, "
                "put `valkey-server` on PATH, or set SEATLINE_REDIS_URL to a server of yours."
            )
        self.warning = (
            "No Valkey or Redis server was found. An in-memory imitation (fakeredis) takes its place: it is slow "
            "and forgets its queues when it stops. Run `python3 run.py setup`, or set SEATLINE_REDIS_URL."
        )
        environment = {**os.environ, PASSWORD_VARIABLE: self._data.secret(_PASSWORD)}
        command = [sys.executable, "-m", "ops.stack.fake_broker", str(self._port)]
        return ChildSpec(NAME, command, environment, stop_seconds=1.0)


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
