"""Reads what the system knows about processes, so that only our own are ever ended.

Linux answers from `/proc`; other systems are asked through `ps`. A zombie counts as gone everywhere here: it runs
nothing, and in a container whose first process never reaps it stays for ever.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PATIENCE_DEAD = 10.0
_PATIENCE_ALIVE = 120.0
_LINUX = sys.platform == "linux"


@dataclass(frozen=True)
class Process:
    """One live process; `started` together with `pid` names it for ever, since a pid alone is used again."""

    pid: int
    group: int
    started: str
    command: str


def find(pid: int) -> Process | None:
    """Return the live process with this pid, or None when there is none."""
    if _LINUX:
        return _from_proc(pid)
    return next((process for process in _from_ps() if process.pid == pid), None)


def in_group(group: int) -> list[Process]:
    """Return the live processes of one process group."""
    return [process for process in _all() if process.group == group]


def working_in(folder: Path) -> list[Process]:
    """Return the live processes whose working directory is `folder`; empty on systems without `/proc`.

    A database server works inside its data folder, so this finds what a dead parent left behind.
    """
    found = []
    for process in _all() if _LINUX else ():
        with suppress(OSError):
            if Path(f"/proc/{process.pid}/cwd").readlink() == folder:
                found.append(process)
    return found


def signal_group(group: int, number: int) -> None:
    """Send a signal to every process of a group; a group that is gone is no error."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def signal_process(pid: int, number: int) -> None:
    """Send a signal to one process; a process that is gone is no error."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Wait until the condition holds; return False when it still does not after so many seconds."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(pause)
    return True


def keep_alive_until(ready: Callable[[], bool], alive: Callable[[], bool], revive: Callable[[], None]) -> bool:
    """Start something and wait until it is ready; return False when it cannot be.

    One that ends is started again for ten seconds, since what a killed one left (a lock file, a port, memory) takes a
    moment to go. One that lives gets two minutes, since it may have much of its log to replay.
    """
    began = time.monotonic()
    while not (alive() and ready()):
        waited = time.monotonic() - began
        if waited > _PATIENCE_ALIVE or (waited > _PATIENCE_DEAD and not alive()):
            return False
        if not alive():
            revive()
        time.sleep(0.03)
    return True


def end_all(processes: list[Process], first_signal: int, patience: float) -> None:
    """End these processes: first with `first_signal`, after `patience` seconds with SIGKILL; waits until all are gone.

    A pid that meanwhile belongs to somebody else is left alone.
    """
    for number in (first_signal, signal.SIGKILL):
        for process in _still_there(processes):
            signal_process(process.pid, number)
        if wait_until(lambda: not _still_there(processes), patience):
            return


def _still_there(processes: list[Process]) -> list[Process]:
    alive = []
    for process in processes:
        now = find(process.pid)
        if now is not None and now.started == process.started:
            alive.append(process)
    return alive


def _all() -> Iterator[Process]:
    if not _LINUX:
        yield from _from_ps()
        return
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names only, thousands of them
        if entry.isdigit() and (process := _from_proc(int(entry))):
            yield process


def _from_proc(pid: int) -> Process | None:
    try:
        # The name in brackets may hold anything, so the numbers are read after the last bracket.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    started = f"{_boot()} {fields[19]}"
    return Process(pid, int(fields[2]), started, command.replace(b"\0", b" ").decode(errors="replace").strip())


@cache
def _boot() -> str:
    """Which start of the system this is; Linux counts the start of a process from there."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _from_ps() -> Iterator[Process]:
    listing = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,pgid=,state=,lstart=,command="],
        capture_output=True, text=True, check=False, env={"LC_ALL": "C"},
    ).stdout  # fmt: skip
    for line in listing.splitlines():
        # lstart is five words: weekday, month, day, time, year.
        words = line.split(None, 8)
        if len(words) == 9 and not words[2].startswith("Z"):  # noqa: PLR2004 - the columns asked for above
            yield Process(int(words[0]), int(words[1]), " ".join(words[3:8]), words[8])
