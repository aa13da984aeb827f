"""One program that the stack runs: started through the launcher, ended with everything it started itself."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.stack import PROJECT, processes
from ops.stack.folder import DataFolder
from ops.stack.record import ChildRecord

_LAUNCHER = Path(__file__).with_name("launch.py")


def launcher(program: Sequence[str], options: Sequence[str] = (), death_signal: int = signal.SIGKILL) -> list[str]:
    """Return the command that becomes `program`, tied to the life of this process.

    The kernel ties a child to the *thread* that forked it, so the tie is made in the main thread only: a helper thread
    that ends must not take the servers with it. The watchdog holds in either case.
    """
    tie = death_signal if threading.current_thread() is threading.main_thread() else 0
    command = [sys.executable, "-I", "-S", str(_LAUNCHER)]
    command += ["--parent", str(os.getpid()), "--death-signal", str(int(tie)), *options]
    return [*command, "--", *program]


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to end it.

    `stop_signal` goes to the program alone, so that it can end its own children in order; whatever is left of its
    group after `stop_seconds` is killed. `death_signal` is what it gets when its supervisor dies.
    """

    name: str
    program: Sequence[str]
    environment: Mapping[str, str] | None = None
    options: Sequence[str] = ()
    folder: Path = PROJECT
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 2.5
    death_signal: int = signal.SIGKILL


@dataclass
class Child:
    """A program that runs in a session of its own, so that Ctrl-C in the terminal reaches the supervisor only."""

    spec: ChildSpec
    data: DataFolder
    record: ChildRecord
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The pid of the program, also the id of its process group; None before the first start."""
        return self._process.pid if self._process else None

    @property
    def exit_status(self) -> int | None:
        """How the program ended (negative: by which signal); None while it runs or when it was never started."""
        return self._process.poll() if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the program runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the program; what is left of an earlier run's group is killed first."""
        self.clear()
        with self.data.open_log(self.spec.name) as log:
            self._process = subprocess.Popen(
                launcher(self.spec.program, self.spec.options, self.spec.death_signal),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self.spec.environment, cwd=self.spec.folder, start_new_session=True,
            )  # fmt: skip
        self.record.add(self._process.pid, self.spec.name, self.spec.program, self.spec.death_signal)

    def restart(self) -> None:
        """Start the program again after it died."""
        self.start()

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.spec.stop_signal)

    def stop(self) -> None:
        """Stop the program and wait for it; after `stop_seconds` its whole group is killed."""
        self.ask_to_stop()
        self.wait_or_kill(self.spec.stop_seconds)

    def wait_or_kill(self, seconds: float) -> None:
        """Wait for a program that was asked to stop; after so many seconds its whole group is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            processes.signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.clear()

    def clear(self) -> None:
        """Forget a program that ended, and kill what it left running of its own."""
        if self._process is not None and self._process.poll() is not None:
            processes.signal_group(self._process.pid, signal.SIGKILL)
            self.record.drop(self._process.pid)
            self._process = None
