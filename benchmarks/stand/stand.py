"""The stand on which every contender runs: the same database server, the same Redis, one contender at a time."""

import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import psycopg
from psycopg import sql
from redis import Redis

from api.auth import make_token
from benchmarks.bulk import scratch_database
from benchmarks.contenders import Contender, Studio
from benchmarks.stand import meters
from benchmarks.stand.load import Job, Load, Told
from domain.ids import MemberId
from ops.stack import PROJECT, processes
from ops.stack.child import Child, ChildSpec
from ops.stack.ports import LOOPBACK, free_port
from ops.stack.servers import EmbeddedServers
from ops.stack.settings import StackSettings
from storage.database import Db, connect
from storage.settings import read_settings

START_SECONDS_MAX = 60.0


@dataclass
class Running:
    """A contender that runs on a database of its own."""

    contender: Contender
    stack: StackSettings
    db: Db
    studio: Studio
    servers: Mapping[str, int]
    children: list[Child] = field(default_factory=list)
    client_cpu_seconds: float = 0.0
    clients: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def roots(self) -> dict[str, int]:
        """The first process of each kind: api, worker1, beat, postgres, valkey."""
        ours = {child.spec.name: child.pid for child in self.children if child.pid is not None}
        return {**ours, **self.servers}

    def tokens(self, member_ids: Sequence[UUID]) -> list[str]:
        """Return an access token for each of these members."""
        settings = read_settings(self.stack.environment())
        return [make_token(settings, MemberId(id_)) for id_ in member_ids]

    def drive(self, jobs: list[Job], *, clients: int, **how: float) -> Told:
        """Let a client process of its own do these jobs, as `Load` says; returns when it is through."""
        return self.finish(self.begin(jobs, clients=clients, **how))

    def begin(
        self,
        jobs: list[Job],
        *,
        clients: int,
        seed: float = 0,
        give_up_seconds: float = 900.0,
        per_second: float = 0.0,
    ) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a client process; `finish` waits for it."""
        load = Load(LOOPBACK, self.stack.port, clients, jobs, int(seed), give_up_seconds, per_second)
        folder = Path(tempfile.mkdtemp(dir=self.stack.data))
        (folder / "load").write_text(json.dumps(asdict(load)))
        command = [sys.executable, "-m", "benchmarks.stand.client", str(folder / "load"), str(folder / "told")]
        self.clients.append(subprocess.Popen(command, cwd=PROJECT))
        return self.clients[-1], folder / "told"

    def finish(self, client: tuple[subprocess.Popen[bytes], Path]) -> Told:
        """Return what this client process saw."""
        process, told = client
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.wait():
            raise RuntimeError(f"the client process ended with status {process.returncode}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.client_cpu_seconds += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Told(**json.loads(told.read_text()))

    def add(self, specs: Sequence[ChildSpec], data: EmbeddedServers) -> None:
        """Start these programs too."""
        for spec in specs:
            child = Child(spec, data.folder, data.record)
            child.start()
            self.children.append(child)

    def workers(self) -> list[Child]:
        """Return the children that work off commands."""
        return [child for child in self.children if child.spec.name.startswith("worker")]

    def kill_workers(self) -> None:
        """End every worker at once with SIGKILL, as on a machine that is lost, and start them again.

        Without workers the web server's own processes are ended, which it starts again by itself.
        """
        if not self.workers():
            _, *family = meters.processes_under({"api": self.roots["api"]})["api"]
            for pid in family:
                processes.signal_process(pid, signal.SIGKILL)
        for child in self.workers():
            assert child.pid is not None
            processes.signal_group(child.pid, signal.SIGKILL)
        for child in self.workers():
            child.wait_or_kill(1.0)
            child.restart()

    def stop(self) -> None:
        """Stop all programs, and clients that nobody has waited for, as when the run is broken off."""
        for client in self.clients:
            if client.poll() is None:
                client.kill()
                client.wait()
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.wait_or_kill(child.spec.stop_seconds)


@dataclass
class Stand:
    """Two running servers, with what a measurement may change about them."""

    data: EmbeddedServers
    counts_statements: bool = False

    @property
    def database_url(self) -> str:
        """The server's own database."""
        return self.data.database_url

    def count_statements(self) -> None:
        """Restart our own Postgres with the extension that counts statements."""
        assert self.data.postgres is not None
        self._alter_system("shared_preload_libraries", "pg_stat_statements")
        self.data.postgres.stop()
        self.data.postgres.start()
        self.counts_statements = True

    @contextmanager
    def commit_latency(self, milliseconds: float) -> Iterator[None]:
        """Let every commit take so much longer, as one to a far disk does.

        Postgres sleeps before it flushes a commit; who commits meanwhile is flushed along with it. With
        `commit_siblings` at 0 it does so for a single client too, which `floors.commit_seconds` measures.
        """
        self._alter_system("commit_siblings", "0" if milliseconds else None)
        self._alter_system("commit_delay", str(round(milliseconds * 1000)) if milliseconds else None)
        try:
            yield
        finally:
            self._alter_system("commit_delay", None)
            self._alter_system("commit_siblings", None)

    @contextmanager
    def running(
        self, contender: Contender, *, workers: int = 2, working: bool = True, web: bool = True
    ) -> Iterator[Running]:
        """Run a contender on an empty database; without `working` its workers are started by `start_workers`."""
        Redis.from_url(self.data.redis_url).flushdb()
        with (
            scratch_database(self.database_url, contender.prepare) as url,
            contender.studio(url) as studio,
            connect(url) as db,
        ):
            if self.counts_statements:
                db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            stack = replace(self._stack(url), port=free_port())
            running = Running(contender, stack, db, studio, self._servers())
            try:
                running.add([contender.web(stack)] if web else [], self.data)
                if working:
                    self.start_workers(running, workers)
                if web:
                    _wait_for(f"{stack.url}/live")
                yield running
            finally:
                running.stop()

    def start_workers(self, running: Running, number: int) -> None:
        """Start so many worker processes of the contender."""
        running.add(running.contender.workers(running.stack, number), self.data)

    def _stack(self, url: str) -> StackSettings:
        data = self.data.folder
        return StackSettings(data.path, 0, url, self.data.redis_url, data.secret("secret_key"), "")

    def _servers(self) -> dict[str, int]:
        pairs = (("postgres", self.data.postgres), ("valkey", self.data.broker))
        return {name: server.pid for name, server in pairs if server is not None and server.pid is not None}

    def _alter_system(self, name: str, value: str | None) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as db:
            change = sql.SQL("RESET {}") if value is None else sql.SQL("SET {} = {}")
            words = [sql.Identifier(name)] + ([] if value is None else [sql.Literal(value)])
            db.execute(sql.SQL("ALTER SYSTEM ") + change.format(*words))
            db.execute("SELECT pg_reload_conf()")


@contextmanager
def own_stand(folder: Path) -> Iterator[Stand]:
    """Start servers of our own for this run, in this folder, that count statements."""
    with EmbeddedServers(folder) as servers:
        stand = Stand(servers)
        stand.count_statements()
        yield stand


def reading(running: Running) -> meters.Reading:
    """Look at all meters of a running contender."""
    return meters.read(running.db, running.roots)


def _wait_for(url: str) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            with urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
