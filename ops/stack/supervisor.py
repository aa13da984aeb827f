"""`seatline up`: starts the whole stack, keeps it running, stops it in order."""

import io
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Never

from rich.console import Console
from rich.markup import escape

from ops.stack import ports, processes, settings
from ops.stack.child import Child, ChildSpec
from ops.stack.errors import StackError
from ops.stack.folder import STACK_FILE
from ops.stack.keeper import Keeper
from ops.stack.servers import EmbeddedServers
from ops.stack.settings import Plan, StackSettings

_WEB_SECONDS = 60.0
_GLANCE = 0.2
_HEAD_START = 0.5


class StopRequested(BaseException):
    """Somebody asked the stack to stop; raised wherever the main thread happens to be."""


def run_stack(*, data: Path, port: int, workers: int, seed: bool) -> int:
    """Run the whole stack until it is asked to stop; returns the exit status, 0 after an orderly stop.

    Must be called in the main thread. Raises StackError, with nothing left running, when the stack cannot start.
    A crash at any moment loses nothing that was accepted; the next start tidies up.
    """
    plan = Plan(
        prepare=lambda stack: _prepare(stack, seed=seed),
        web=settings.web,
        others=lambda stack: settings.workers(stack, workers),
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no check mark shows a question mark instead of ending the stack.
        sys.stdout.reconfigure(errors="replace")
    return Supervisor(data, port, plan, Console()).run()


def _prepare(stack: StackSettings, *, seed: bool) -> Sequence[str]:
    """Bring the database up to date, and fill an empty one with the demo studio if asked to."""
    os.environ.update(stack.environment())
    from ops.seed import is_empty, seed_demo  # noqa: PLC0415 - the servers should be up before all this is loaded
    from storage.migrate import upgrade  # noqa: PLC0415
    from storage.process_roles import make_roles  # noqa: PLC0415

    make_roles(stack.database_url, stack.role_passwords)
    upgrade(stack.database_url)
    if seed and is_empty():
        return list(seed_demo())
    # Kept by the seed for the starts after the first; gone once the operator has removed it.
    kept = stack.data / "demo-sign-ins.txt"
    return kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []


class Supervisor:
    """One run of the stack. Everything happens in the main thread, to which the kernel ties the children."""

    def __init__(self, data: Path, port: int, plan: Plan, console: Console) -> None:
        self._servers = EmbeddedServers(data)
        self._folder = self._servers.folder
        self._port = port
        self._plan = plan
        self._console = console
        self._web: Child | None = None
        self._others: list[Child] = []

    def run(self) -> int:
        """Start, watch, stop; see `run_stack`."""
        previous = {number: signal.signal(number, _request_stop) for number in _stop_signals()}
        try:
            self._start()
            self._watch()
        except StopRequested:
            self._print("\nStopping ...")
        finally:
            for number in previous:
                signal.signal(number, signal.SIG_IGN)
            self._stop()
            for number, handler in previous.items():
                signal.signal(number, handler)
        self._print(f"Stopped. The data stay in {escape(str(self._folder.path))}")
        return 0

    def _start(self) -> None:
        began = time.monotonic()
        self._servers.claim()
        # A killed supervisor left its file behind; nobody shall find a stack there that is not up yet.
        self._folder.remove(STACK_FILE)
        _refuse_taken(self._port)
        self._servers.start()
        self._say(f"{self._servers.described()} in {self._folder.path}")
        if warning := self._servers.warning:
            self._print(f"[bold red]Warning:[/] {escape(warning)}")
        stack = StackSettings(
            self._folder.path,
            self._port,
            self._servers.database_url,
            self._servers.redis_url,
            os.environ.get("SEATLINE_SECRET_KEY") or self._folder.secret("secret_key"),
            os.environ.get("SEATLINE_VAPID_PRIVATE_KEY")
            or self._folder.secret("vapid_private_key", make=_new_vapid_private_key),
            self._servers.role_passwords(),
        )
        lines = self._plan.prepare(stack)
        self._say("database is up to date")
        self._web = self._child(self._plan.web(stack))
        self._others = [self._child(spec) for spec in self._plan.others(stack)]
        for child in (self._web, *self._others):
            child.start()
        self._wait_for_web(stack.url)
        self._write_stack_file(stack)
        self._say(f"API, {', '.join(child.spec.name for child in self._others)}")
        self._announce(stack, lines, time.monotonic() - began)

    def _child(self, spec: ChildSpec) -> Child:
        return Child(spec, self._folder, self._servers.record)

    def _wait_for_web(self, url: str) -> None:
        children = [child for child in (self._web, *self._others) if child]

        def ready_or_dead() -> bool:
            return any(not child.alive for child in children) or _answers(url + "/live")

        in_time = processes.wait_until(ready_or_dead, _WEB_SECONDS, pause=0.05)
        for child in children:
            if not child.alive or (not in_time and child is self._web):
                name = child.spec.name
                how = "did not answer in time" if child.alive else f"ended with status {child.exit_status}"
                raise StackError(
                    f"The process {name} {how}. Its last words ({self._folder.path}/logs/{name}.log):\n"
                    f"{self._folder.log_tail(name)}"
                )

    def _write_stack_file(self, stack: StackSettings) -> None:
        self._folder.write_json(
            STACK_FILE,
            {
                "url": stack.url,
                "database_url": stack.database_url,
                "redis_url": stack.redis_url,
                "secret_key": stack.secret_key,
                "environment": stack.notifications(),
                "pid": os.getpid(),
            },
        )

    def _watch(self) -> None:
        """Keep every process running until somebody asks to stop."""
        keepers = [Keeper(name, server) for name, server in self._servers.running()]
        keepers += [Keeper(child.spec.name, child) for child in (self._web, *self._others) if child]
        while True:
            for keeper in keepers:
                if said := keeper.look():
                    self._say(said, mark="[yellow]![/]")
            time.sleep(_GLANCE)

    def _stop(self) -> None:
        """Stop everything in order: first who takes in work, then who does it, then where it is kept."""
        try:
            if self._folder.claimed:
                self._folder.remove(STACK_FILE)
            web = self._web
            if web:
                web.ask_to_stop()
                # By then it accepts nothing more; what it still answers need not hold up the workers' farewell.
                processes.wait_until(lambda: not (web and web.alive), _HEAD_START)
            for child in self._others:
                child.ask_to_stop()
            asked = time.monotonic()
            for child in filter(None, (web, *self._others)):
                child.wait_or_kill(asked + child.spec.stop_seconds - time.monotonic())
        finally:
            self._servers.stop()

    def _print(self, text: str) -> None:
        # Whoever watched may have gone, a closed terminal or a closed pipe; the stack goes on.
        with suppress(OSError):
            self._console.print(text, soft_wrap=True, highlight=False)

    def _say(self, text: str, mark: str = "[green]✓[/]") -> None:
        self._print(f"{mark} {escape(text)}")

    def _announce(self, stack: StackSettings, lines: Sequence[str], seconds: float) -> None:
        self._print(f"\n[bold]Seatline is ready[/] after {seconds:.1f} s at [bold cyan]{stack.url}[/]")
        for line in lines:
            self._print(f"  {escape(line)}")
        if stack.shows_mails:
            self._print(f"  Mails are sent to nobody, but shown at {stack.url}/mail")
        self._print("\nPress Ctrl-C to stop.")


def _new_vapid_private_key() -> str:
    from workers.providers.vapid import new_vapid_private_key  # noqa: PLC0415 - at the very first start only

    return new_vapid_private_key()


def _stop_signals() -> list[signal.Signals]:
    """Ctrl-C, a plain kill, and a closed terminal unless the user said with nohup that it may close."""
    hangup = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hangup]


def _request_stop(_number: int, _frame: FrameType | None) -> Never:
    raise StopRequested


def _refuse_taken(port: int) -> None:
    try:
        free = ports.is_free(port)
    except PermissionError:
        raise StackError(f"Port {port} is for the system only: choose one above 1023 with --port.") from None
    if not free:
        raise StackError(f"Port {port} is in use: stop what listens there, or choose another with --port.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's "OK"
    except (OSError, urllib.error.HTTPError):
        return False
