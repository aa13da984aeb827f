"""The system of one run: servers, processes and members of its own, every way between them through a link."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen
from uuid import UUID

from redis import Redis

from api.auth import make_token
from ops.chaos.clocks import Clock, make_clocks
from ops.chaos.links import Network
from ops.rush.scene import Scene, set_up
from ops.stack import processes, settings
from ops.stack.broker import BrokerServer
from ops.stack.child import Child, ChildSpec
from ops.stack.errors import StackError
from ops.stack.ports import LOOPBACK, free_port
from ops.stack.postgres import PostgresServer
from ops.stack.processes import Process
from ops.stack.servers import EmbeddedServers
from ops.stack.settings import StackSettings
from storage.database import Db, connect
from storage.migrate import upgrade
from storage.settings import read_settings
from workers.heartbeat import workers_now

MEMBERS = 60
SESSIONS = 4
WORKERS = 2
PROCESSES = 2  # of each worker that serves sessions
WORKERS_MAX = 99  # so many names there are for workers that come and go in a run
START_SECONDS_MAX = 60.0
USERS = {"api": ("postgres", "redis"), "worker": ("postgres", "redis"), "notifier": ("postgres", "redis"),
         "beat": ("redis",)}  # fmt: skip
"""Which kind of process speaks to which server."""

CLIENTS = "clients to api"


@dataclass
class Stage:
    """A stack in a folder, which can be broken in many ways; use it in the main thread, as a context manager.

    `struck` names the programs that a fault has in hand; `ended_by_themselves` counts those that nobody had ended.
    """

    folder: Path
    network: Network
    struck: set[str] = field(default_factory=set)
    ended_by_themselves: Counter[str] = field(default_factory=Counter)
    children: dict[str, Child] = field(default_factory=dict)
    _leaving: list[Child] = field(default_factory=list)
    _workers_made: int = 0

    def __enter__(self) -> Self:
        self.clocks = make_clocks(self.folder.parent / "clocks")
        self.servers = EmbeddedServers(self.folder)
        self.servers.start()
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the processes, then the servers."""
        running = [*self.children.values(), *self._leaving]
        for child in running:
            if child.pid is not None:
                processes.signal_group(child.pid, signal.SIGCONT)
            child.ask_to_stop()
        for child in running:
            child.wait_or_kill(child.spec.stop_seconds)
        self.servers.stop()

    @property
    def postgres(self) -> PostgresServer:
        """The database server of our own."""
        if self.servers.postgres is None:
            raise StackError("A fault run needs a Postgres of its own.")
        return self.servers.postgres

    @property
    def broker(self) -> BrokerServer:
        """The Redis of our own."""
        if self.servers.broker is None or self.servers.warning:
            raise StackError("A fault run needs a Valkey or Redis of its own: run `python3 run.py setup`.")
        return self.servers.broker

    @property
    def url(self) -> str:
        """Where clients reach the API."""
        return f"http://{LOOPBACK}:{self.network.links[CLIENTS].port}"

    def db(self) -> Db:
        """Connect to the database past every link."""
        return connect(self.servers.database_url)

    def redis(self) -> Redis:
        """Return a client of Redis past every link."""
        return Redis.from_url(self.servers.redis_url, decode_responses=True, socket_timeout=2)

    def tokens(self) -> dict[UUID, str]:
        """Return an access token for each member."""
        own = read_settings(self.stack.environment())
        return {player.member_id: make_token(own, player.member_id) for player in self.scene.players}

    def links_to(self, server: str) -> list[str]:
        """Return the names of the links that lead to a server."""
        return [name for name in self.network.links if name.endswith(f" to {server}")]

    def pid(self, name: str) -> int:
        """Return the pid of a child or server that runs, which is its process group's too."""
        pid = {"postgres": self.postgres.pid, "redis": self.broker.pid}.get(name) or self.children[name].pid
        if pid is None:
            raise StackError(f"The process {name} does not run.")
        return pid

    def forks(self, name: str) -> list[Process]:
        """Return the processes that a child forked."""
        pid = self.pid(name)
        return sorted((one for one in processes.in_group(pid) if one.pid != pid), key=lambda one: one.pid)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a child and all that it forked."""
        processes.signal_group(self.pid(name), number)

    def clock_of(self, name: str) -> Clock:
        """Return the clock of a child, which stays that of its program when the child's name goes to a successor."""
        if self.clocks is None:
            raise StackError("No clock can be set here: it takes Linux and a C compiler.")
        return self.clocks.clock(self.children[name].spec.name)

    def workers(self) -> list[str]:
        """Return the names of the workers that serve sessions."""
        return [name for name in self.children if name.startswith("worker")]

    def one_more_worker(self) -> str:
        """Start one more worker that serves sessions; return its name."""
        self._workers_made += 1
        name = f"worker{self._workers_made}"
        self.add(self.spec(name))
        return name

    def replace(self, name: str, successor: str) -> None:
        """Tell a child to stop, and let its successor go by its name; whoever leaves may take its time."""
        self.children[name].ask_to_stop()
        self._leaving.append(self.children[name])
        self.children[name] = self.children.pop(successor)

    def remove(self, name: str) -> None:
        """Stop a child for good."""
        self.children.pop(name).stop()

    def add(self, spec: ChildSpec) -> None:
        """Start one more program."""
        self.children[spec.name] = Child(spec, self.servers.folder, self.servers.record)
        self.children[spec.name].start()

    def start(self, name: str) -> None:
        """Start a child again that a fault had in hand; what is left of it is killed first."""
        self.children[name].wait_or_kill(0.0)
        self.children[name].start()
        self.struck.discard(name)

    def keep(self) -> None:
        """Start again whatever ended although nobody ended it, as a supervisor does."""
        for name, child in self.children.items():
            if name not in self.struck and not child.alive:
                self.ended_by_themselves[name] += 1
                child.restart()
        for name, server in (("postgres", self.postgres), ("redis", self.broker)):
            if name not in self.struck and not server.alive:
                self.ended_by_themselves[name] += 1
                server.restart()

    def spec(self, name: str) -> ChildSpec:
        """Return how a child of this name is started; one with a number of its own for a worker."""
        kind = name.rstrip("0123456789")
        seen = self._seen_by(kind)
        specs = [settings.web(seen), *settings.workers(seen, WORKERS_MAX, processes=PROCESSES)]
        spec = next(spec for spec in specs if spec.name == name)
        if self.clocks is None:
            return spec
        return replace(spec, environment={**(spec.environment or {}), **self.clocks.clock(name).environment})

    def _set_up(self) -> None:
        data = self.servers.folder
        urls = self.servers.database_url, self.servers.redis_url
        self.stack = StackSettings(data.path, free_port(), *urls, data.secret("secret_key"), vapid_private_key="")
        upgrade(self.stack.database_url)
        with self.db() as db:
            self.scene: Scene = set_up(db, members=MEMBERS, sessions=SESSIONS)
        ports = {"postgres": _port(self.stack.database_url), "redis": _port(self.stack.redis_url)}
        for kind, used in USERS.items():
            for server in used:
                self.network.link(f"{kind} to {server}", ports[server])
        self.network.link(CLIENTS, self.stack.port)
        for name in ("api", "notifier", "beat"):
            self.add(self.spec(name))
        for _ in range(WORKERS):
            self.one_more_worker()
        if not processes.wait_until(self._is_up, START_SECONDS_MAX, pause=0.05):
            raise StackError(f"The API did not start. Its last words:\n{data.log_tail('api')}")

    def _is_up(self) -> bool:
        try:
            with urlopen(self.url + "/ready", timeout=5) as answer:  # noqa: S310 - our own loopback address
                ready = answer.status == HTTPStatus.OK
        except OSError:
            return False
        with self.redis() as redis:
            return ready and len(workers_now(redis)) > WORKERS * PROCESSES

    def _seen_by(self, kind: str) -> StackSettings:
        """Return the settings of a kind of process, for which each server is where its link is."""
        urls = {"postgres": self.stack.database_url, "redis": self.stack.redis_url}
        for server in USERS[kind]:
            urls[server] = _with_port(urls[server], self.network.links[f"{kind} to {server}"].port)
        return replace(self.stack, database_url=urls["postgres"], redis_url=urls["redis"])


@contextmanager
def own_environment() -> Iterator[None]:
    """Take Seatline's variables away as long as the context lasts: a fault run must never meet a real installation.

    Deliveries go to the notifier's log, where each sending is a line.
    """
    kept = {name: value for name, value in os.environ.items() if name.startswith("SEATLINE_")}
    for name in kept:
        del os.environ[name]
    os.environ["SEATLINE_PROVIDERS"] = "email=console push=console webhook=console"
    try:
        yield
    finally:
        del os.environ["SEATLINE_PROVIDERS"]
        os.environ.update(kept)


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _with_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}"))
