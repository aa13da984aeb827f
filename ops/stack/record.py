"""Who was started, written down twice: for the watchdog while the supervisor lives, and for the next start."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from ops.stack import PROJECT, processes
from ops.stack.folder import DataFolder

_FILE = "children.json"


@dataclass(frozen=True)
class Entry:
    """One started program: enough to know it again, and how to end it when its supervisor is gone."""

    pid: int
    name: str
    started: str
    command: str
    death_signal: int


class ChildRecord:
    """The programs that run for one data folder.

    A supervisor killed with SIGKILL can clean up nothing. Three things stand in for it: the kernel's death signal to
    each child (Linux), the watchdog, which sees the pipe to its supervisor close and ends whole process groups, and
    `end_leftovers` at the next start.
    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self._entries: dict[int, Entry] = {}
        self._watchdog: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """End what an earlier supervisor left, then start the watchdog. The data folder must be locked."""
        end_leftovers(self._data)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-S", "-m", "ops.stack.watchdog", str(self._data.path), str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(PROJECT)}, cwd="/", start_new_session=True,
        )  # fmt: skip

    def close(self) -> None:
        """Let the watchdog go; whatever is still written down is ended by it."""
        if self._watchdog is not None:
            with suppress(OSError):
                self._watchdog.communicate()
            self._watchdog = None
        self._data.remove(_FILE)

    def add(self, pid: int, name: str, program: Sequence[str], death_signal: int) -> None:
        """Write down a program that was just started as the leader of its own group."""
        process = processes.find(pid)
        if process is not None:
            self._entries[pid] = Entry(pid, name, process.started, " ".join(program), int(death_signal))
            self._save()

    def drop(self, pid: int) -> None:
        """Forget a program that ended."""
        if self._entries.pop(pid, None) is not None:
            self._save()

    def _save(self) -> None:
        text = json.dumps([asdict(entry) for entry in self._entries.values()])
        # A data folder that somebody deleted, or a full disk, must not keep the stack from stopping in order.
        with suppress(OSError):
            self._data.write_private(_FILE, text)
        if self._watchdog is not None and self._watchdog.stdin is not None:
            # A watchdog that somebody killed weakens the stack but must not stop it.
            with suppress(OSError):
                self._watchdog.stdin.write(text.encode() + b"\n")
                self._watchdog.stdin.flush()


def end_leftovers(data: DataFolder) -> None:
    """End the programs that an earlier holder of this folder left running, after checking that they are ours."""
    for fields in data.read_json(_FILE) or ():
        with suppress(TypeError):
            end_group(Entry(**fields))
    data.remove(_FILE)


def end_group(entry: Entry) -> None:
    """End a program and its whole group; a pid that now belongs to somebody else is left alone."""
    leader = processes.find(entry.pid)
    if leader is not None and leader.started != entry.started:
        return
    members = processes.in_group(entry.pid)
    if leader is None:
        # Without its leader a group is known by its members, forks that carry the leader's command line.
        members = [member for member in members if member.command == entry.command]
    first = [leader] if leader is not None and entry.death_signal != signal.SIGKILL else members
    processes.end_all(first, entry.death_signal, patience=3.0)
    processes.end_all(members, signal.SIGKILL, patience=3.0)
