"""The whole system as a user starts it: `seatline up` in a process of its own, and the command line beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from psycopg_pool import ConnectionPool

from api.auth import make_token
from ops.stack import PROJECT
from ops.stack.ports import free_port
from storage.database import Db
from storage.settings import read_settings

PATIENCE_SECONDS = 60.0
KEYS = count()


@dataclass(frozen=True)
class RunningStack:
    """A stack on a data folder; `environment` is what a command line needs to find it."""

    data: Path
    environment: dict[str, str]
    database: ConnectionPool[Db]

    def seatline(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `seatline` command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=PROJECT,
            env=self.environment,
            check=check,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a `seatline` command and go on."""
        return subprocess.Popen(
            [sys.executable, "-m", "ops", *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def setting(self, name: str) -> str:
        """Return what the stack wrote down about itself: url, database_url, redis_url, secret_key."""
        return str(json.loads((self.data / "stack.json").read_text())[name])

    def ask(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        """Read from the stack's database, over one connection: who waits for something asks every moment."""
        with self.database.connection() as db:
            return db.execute(query, params).fetchall()

    def pids(self, *words: str, children: bool = False) -> set[int]:
        """Return the stack's processes whose command line has all these words.

        Of processes that fork others only the first is returned, or with `children` only those it forked.
        """
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal() and (process := _look_at(folder, self.data)):
                parent, command = process
                if all(word in command for word in words):
                    found[int(folder.name)] = parent
        return {pid for pid, parent in found.items() if (parent in found) == children}

    def kill(self, *words: str, children: bool = False) -> int:
        """SIGKILL these processes; return how many there were."""
        pids = self.pids(*words, children=children)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(pids)


def _look_at(folder: Path, data: Path) -> tuple[int, str] | None:
    try:
        if f"SEATLINE_DATA={data}" not in (folder / "environ").read_text().split("\0"):
            return None
        parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        return parent, (folder / "cmdline").read_text().replace("\0", " ")
    except (OSError, ValueError):
        return None


@contextmanager
def running_stack(data: Path, *options: str) -> Iterator[RunningStack]:
    """Start the stack, wait until it is ready, stop it afterwards as Ctrl-C does."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SEATLINE_")}
    environment = {**plain, "SEATLINE_DATA": str(data)}
    log = data.parent / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ops", "up", "--port", str(free_port()), *options],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(lambda: (data / "stack.json").exists() or process.poll() is not None, "the stack is up")
        assert process.poll() is None, log.read_text()
        with _one_connection(read_settings(environment).database_url) as database:
            yield RunningStack(data, environment, database)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0, log.read_text()


def _one_connection(database_url: str) -> ConnectionPool[Db]:
    """Return a pool of one connection, which is made anew where Postgres was killed meanwhile."""
    return ConnectionPool(
        database_url,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=1,
        check=ConnectionPool.check_connection,
        open=False,
    )


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until it is so; fail, saying what never came about, after a generous time."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"it never came about that {what}"
        time.sleep(0.05)


def call(stack: RunningStack, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    request = Request(
        stack.setting("url") + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    try:
        with urlopen(request, timeout=40) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def a_booking(stack: RunningStack, **headers: str) -> tuple[int, Any]:
    """Let a member with a usable pass ask for a place in some session that is open, as the demo studio has many."""
    row = stack.ask(
        """
        SELECT training_sessions.id, passes.id, members.id
          FROM training_sessions JOIN passes ON training_ids IS NULL OR training_id = ANY(training_ids)
          JOIN members ON members.id = passes.member_id
         WHERE active AND expires_at > now() + interval '1 day' AND coalesce(sessions_left, 9) > 2
           AND starts_at > now() + interval '2 days' AND NOT cancelled
           AND NOT EXISTS (SELECT 1 FROM commands WHERE actor_id = members.id
                              AND training_session_id = training_sessions.id)
         ORDER BY starts_at LIMIT 1
        """
    )
    session_id, pass_id, member_id = row[0]
    headers["Authorization"] = f"Bearer {make_token(read_settings(stack.environment), member_id)}"
    headers.setdefault("Idempotency-Key", f"key-{next(KEYS)}")
    return call(stack, "POST", f"/v1/sessions/{session_id}/bookings", {"pass_id": str(pass_id)}, **headers)
