"""The local stack for real: the supervisor, its servers and its processes, killed in every way."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
import redis
from rich.console import Console

from ops.stack import PROJECT, processes
from ops.stack.errors import StackError
from ops.stack.keeper import Keeper
from ops.stack.ports import free_port
from ops.stack.servers import EmbeddedServers
from ops.stack.settings import Plan, web
from ops.stack.supervisor import Supervisor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see that no process is left")

STACK = """
import os
import sys
from pathlib import Path
from rich.console import Console
from ops.stack.child import ChildSpec
from ops.stack.settings import Plan
from ops.stack.supervisor import Supervisor

here, kind = Path(sys.argv[1]), sys.argv[3]

def spec(name, stack, *module):
    return ChildSpec(name, [sys.executable, "-m", *module], {**os.environ, **stack.environment()}, folder=here)

def web(stack):
    if kind == "broken":
        return spec("web", stack, "no_such_module")
    if kind == "light":
        return spec("web", stack, "http.server", str(stack.port), "--bind", "127.0.0.1")
    return spec("web", stack, "gunicorn", "-k", "gevent", "-w", "2", "-b", stack.bind, "both:app")

def others(stack):
    if kind != "real":
        return [ChildSpec("other", ["sh", "-c", "sleep 600 & sleep 600"])]
    return [spec("worker", stack, "celery", "-A", "both:celery", "worker", "-c", "2")]

plan = Plan(prepare=lambda stack: ["sign in as nina@example.org"], web=web, others=others)
sys.exit(Supervisor(here / "data", int(sys.argv[2]), plan, Console()).run())
"""
BOTH = """
import os, pathlib, time
from celery import Celery
celery = Celery("both", broker=os.environ["SEATLINE_REDIS_URL"])
@celery.task(name="hang")
def hang():
    pathlib.Path("hanging").touch()
    time.sleep(600)
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"live"]
"""


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The subject is our own servers, also where the suite runs against given ones."""
    monkeypatch.delenv("SEATLINE_DATABASE_URL", raising=False)
    monkeypatch.delenv("SEATLINE_REDIS_URL", raising=False)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    assert processes.wait_until(condition, seconds, pause=0.05), f"waited in vain: {what}"


@dataclass
class Stack:
    """A supervisor in a process of its own."""

    folder: Path
    process: subprocess.Popen[str]
    port: int

    @property
    def about(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "data" / "stack.json").read_text()))

    def pid(self, name: str) -> int:
        file = self.folder / "data" / "children.json"
        entries = json.loads(file.read_text()) if file.exists() else []
        return next((int(entry["pid"]) for entry in entries if entry["name"] == name), 0)

    def kill(self, name: str) -> None:
        """Kill one process of the stack the hard way, and wait until another has taken its place."""
        before = self.pid(name)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: self.pid(name) not in {0, before}, f"{name} is started again")

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/live", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def starting(folder: Path, kind: str) -> Iterator[Stack]:
    (folder / "stack.py").write_text(STACK)
    (folder / "both.py").write_text(BOTH)
    (folder / "live").write_text("live")
    port = free_port()
    command = [sys.executable, str(folder / "stack.py"), str(folder), str(port), kind]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, text=True)
    try:
        yield Stack(folder, process, port)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        finally:
            process.kill()


@contextmanager
def running(folder: Path, kind: str) -> Iterator[Stack]:
    with starting(folder, kind) as stack:
        ready, process = folder / "data" / "stack.json", stack.process
        wait_for(lambda: process.poll() is not None or _pid_in(ready) == process.pid, "the stack is ready", 60)
        assert process.poll() is None, (folder / "said.txt").read_text()
        yield stack


def _pid_in(file: Path) -> int:
    try:
        return int(json.loads(file.read_text())["pid"])
    except (OSError, ValueError):
        return 0


def descendants(pid: int) -> list[processes.Process]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return [process for member in family - {pid} if (process := processes.find(member))]


def are_gone(family: list[processes.Process]) -> bool:
    now = {process.pid: processes.find(process.pid) for process in family}
    return all((alive := now[process.pid]) is None or alive.started != process.started for process in family)


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
        return int(row[0]) if row else -1


def keep_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO kept DEFAULT VALUES")


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        plan = Plan(prepare=lambda _stack: [], web=web, others=lambda _stack: [])
        with pytest.raises(StackError, match=rf"Port {port} is in use.*--port"):
            Supervisor(tmp_path / "data", port, plan, Console(quiet=True)).run()
    assert not (tmp_path / "data" / "logs").exists()


def test_an_interrupted_start_leaves_nothing_behind(tmp_path: Path) -> None:
    with starting(tmp_path, "light") as stack:
        wait_for(lambda: stack.pid("postgres") != 0, "Postgres is on its way")
        family = descendants(stack.process.pid)
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(20) == 0
    assert are_gone(family)
    with EmbeddedServers(tmp_path / "data") as servers:
        keep_row(servers.database_url)


def test_a_process_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    with starting(tmp_path, "broken") as stack:
        wait_for(lambda: stack.pid("postgres") != 0, "Postgres is on its way")
        family = descendants(stack.process.pid)
        assert stack.process.wait(30) == 1
    assert are_gone(family)
    said = (tmp_path / "said.txt").read_text()
    assert "The process web ended with status 1. Its last words" in said
    assert "No module named no_such_module" in said


def test_what_keeps_dying_is_started_ever_later_until_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mortal:
        alive = False
        starts = 0

        def restart(self) -> None:
            self.starts += 1

    now = 0.0
    monkeypatch.setattr("ops.stack.keeper.time.monotonic", lambda: now)
    mortal = Mortal()
    keeper = Keeper("worker1", mortal)
    while now < 60:
        keeper.look()
        now += 0.25
    # At 0, then after 0.5, 1, 2, 4, 8, 16 s more.
    assert mortal.starts == 7
    mortal.alive = True
    assert keeper.look() is None
    now += 100
    mortal.alive = False
    assert keeper.look() == "worker1 died and was started again"


def test_killed_processes_are_started_again_and_nothing_is_lost(tmp_path: Path) -> None:
    with running(tmp_path, "light") as stack:
        about = stack.about
        keep_row(about["database_url"])
        with redis.Redis.from_url(about["redis_url"]) as client:
            client.rpush("line", "one")
            client.execute_command("WAITAOF", 1, 0, 10_000)
        for name in ("postgres", "valkey", "web", "other"):
            stack.kill(name)
        wait_for(stack.answers, "the web answers again")
        assert stack.about == about
        assert count(about["database_url"]) == 1
        with redis.Redis.from_url(about["redis_url"]) as client:
            assert client.lrange("line", 0, -1) == [b"one"]
        family = descendants(stack.process.pid)
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(20) == 0
    assert are_gone(family)
    assert not (tmp_path / "data" / "stack.json").exists()
    said = (tmp_path / "said.txt").read_text()
    assert "sign in as nina@example.org" in said
    assert "Postgres died and was started again" in said


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_finds_everything(tmp_path: Path) -> None:
    with running(tmp_path, "real") as stack:
        keep_row(stack.about["database_url"])
        hang_one_task(stack)
        family = descendants(stack.process.pid)
        programs = " ".join(process.command for process in family)
        assert programs.count("-m gunicorn") == 3
        assert programs.count("-m celery") == 3
        # A web worker that does nothing any more cannot notice by itself that its parent is gone.
        os.kill(next(process.pid for process in family if is_child_of(process, stack.pid("web"))), signal.SIGSTOP)
        stack.process.kill()
        stack.process.wait()
        wait_for(lambda: are_gone(family), "every process of the stack is gone", 10)
        assert not (tmp_path / "data" / "stack.json").exists()
    with running(tmp_path, "light") as stack:
        assert count(stack.about["database_url"]) == 1


def hang_one_task(stack: Stack) -> None:
    """Have a Celery child do something that does not end."""
    code = "import both; both.hang.delay()"
    environment = {**os.environ, "SEATLINE_REDIS_URL": stack.about["redis_url"]}
    subprocess.run([sys.executable, "-c", code], cwd=stack.folder, env=environment, check=True)
    wait_for((stack.folder / "hanging").exists, "the worker runs the task")


def is_child_of(process: processes.Process, group: int) -> bool:
    return process.group == group and process.pid != group
