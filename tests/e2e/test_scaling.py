"""Workers come and go while members storm a session: nobody waits for one that has gone, and the line is kept."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from ops.stack import PROJECT
from tests.e2e.running_stack import RunningStack, running_stack, until
from workers.heartbeat import Worker, workers_now

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes through /proc"),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("stack") / "data", "--workers", "1") as stack:
        yield stack


@dataclass
class Rushes:
    """One rush after the other, so that there is one for as long as something has to happen in a rush."""

    stack: RunningStack
    ended: int = 0
    _running: "subprocess.Popen[str] | None" = field(default=None)

    def go_on(self) -> bool:
        """See to it that a rush is running; fail if the one before did not end well."""
        if self._running is not None and self._running.poll() is not None:
            self.finish()
        if self._running is None:
            self._running = self.stack.begin("rush", "--members", "300", "--sessions", "3", "--clients", "30", "--json")
        return True

    def finish(self) -> None:
        """Wait for the rush that is running; its own verdict holds that order and outcomes are exact."""
        if self._running is not None:
            output, errors = self._running.communicate(timeout=150)
            assert self._running.returncode == 0, output + errors
            self.ended += 1
        self._running = None


@contextmanager
def a_worker(stack: RunningStack, name: str, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start one more worker beside the stack's own, as another machine would."""
    addresses = {f"SEATLINE_{one.upper()}": stack.setting(one) for one in ("database_url", "redis_url", "secret_key")}
    arguments = ["-A", "workers.app", "worker", "-n", f"{name}@%h", "-Q", "sessions,upkeep", "--concurrency", "2"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments, "--without-gossip", "--without-mingle"],
            cwd=PROJECT,
            env={**stack.environment, **addresses},
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)


def listed(stack: RunningStack, name: str) -> list[Worker]:
    """Return the processes of the worker by this name, as operators see them."""
    with redis.Redis.from_url(stack.setting("redis_url"), decode_responses=True) as broker:
        return [one for one in workers_now(broker) if one.name.startswith(f"{name}@")]


def has_settled(stack: RunningStack, name: str) -> bool:
    return sum(one.settled for one in listed(stack, name)) > 0


def nothing_waits(stack: RunningStack) -> bool:
    return stack.ask("SELECT count(*) FROM commands WHERE status = 'waiting'") == [(0,)]


def audited(stack: RunningStack) -> None:
    verdict = stack.seatline("audit", "--all", check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_workers_added_and_removed_in_a_rush_leave_order_and_outcomes_exact(
    stack: RunningStack, tmp_path: Path
) -> None:
    rushes = Rushes(stack)
    with ExitStack() as open_:
        second, _ = (
            open_.enter_context(a_worker(stack, name, tmp_path / f"{name}.log")) for name in ("second", "third")
        )
        until(lambda: rushes.go_on() and has_settled(stack, "second"), "the second takes its share")
        until(lambda: rushes.go_on() and has_settled(stack, "third"), "the third takes its share")

        second.send_signal(signal.SIGTERM)
        until(lambda: rushes.go_on() and second.poll() is not None, "the second ends when it is told to")
        assert second.returncode == 0, (tmp_path / "second.log").read_text()
        assert listed(stack, "second") == [], "who has gone is listed no more"

        for pid in stack.pids("worker1@", children=True):
            os.kill(pid, signal.SIGKILL)
        until(lambda: rushes.go_on() and rushes.ended >= 2, "rushes end well without them")
        rushes.finish()
        until(lambda: nothing_waits(stack), "no command waits for a worker that has gone")

    audited(stack)
    settled = stack.ask(
        "SELECT count(*), max(position) FROM commands GROUP BY training_session_id HAVING count(*) <> max(position)"
    )
    assert settled == [], "every session's positions are without gaps"


def test_the_last_workers_leave_and_what_waits_is_served_by_the_next(stack: RunningStack, tmp_path: Path) -> None:
    with a_worker(stack, "last", tmp_path / "last.log") as last:
        until(lambda: listed(stack, "last") != [], "the last worker is there")
        own = [*stack.pids("worker1@"), *stack.pids("worker1@", children=True)]
        for pid in own:
            os.kill(pid, signal.SIGSTOP)
        try:
            rush = stack.begin("rush", "--members", "200", "--sessions", "2", "--clients", "20", "--json")
            until(lambda: has_settled(stack, "last") or rush.poll() is not None, "the last worker serves alone")
            last.terminate()
            last.wait(timeout=60)
            with a_worker(stack, "next", tmp_path / "next.log"):
                output, errors = rush.communicate(timeout=150)
        finally:
            for pid in own:
                os.kill(pid, signal.SIGCONT)

    assert rush.returncode == 0, output + errors
    until(lambda: nothing_waits(stack), "nothing is left behind")
    audited(stack)
