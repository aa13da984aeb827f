"""The client process: reads a `Load` as JSON, does its jobs with so many clients at once, writes what it saw.

Run as `python -m benchmarks.stand.client LOAD TOLD`, two files. A process of its own, so that its work is not counted
as a server's, and nothing else runs in its loop.
"""

import asyncio
import gc
import json
import random
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from benchmarks.stand.connection import Connection, request
from benchmarks.stand.load import Job, Load, Told

ASK_AGAIN_SECONDS = 0.25  # as often as a page would; asking is work for the server too


class Clients:
    """So many clients that share one queue of jobs."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._jobs = deque(load.jobs)
        self._random = random.Random(load.seed)
        self._statuses: Counter[str] = Counter()
        self.told = Told()

    async def run(self) -> Told:
        """Do all jobs; what goes wrong with one is kept among the errors."""
        told = self.told
        self._connections = [self._connection() for _ in range(self._load.clients)]
        told.began = time.monotonic()
        await (self._at_a_rate() if self._load.per_second else asyncio.gather(*map(self._client, self._connections)))
        told.ended = time.monotonic()
        told.retries = sum(connection.retries for connection in self._connections)
        told.statuses = dict(self._statuses)
        return told

    def _connection(self) -> Connection:
        return Connection(self._load.host, self._load.port)

    async def _client(self, connection: Connection) -> None:
        ends = self.told.began + self._load.give_up_seconds
        while self._jobs and time.monotonic() < ends:
            await self._do(connection, self._jobs.popleft())
        connection.close()

    async def _at_a_rate(self) -> None:
        """Begin a job when its time has come, on a connection that nobody uses, or else a new one."""
        free = list(self._connections)

        async def begin(job: Job, at: float) -> None:
            if not free:
                self._connections.append(self._connection())
            connection = free.pop() if free else self._connections[-1]
            await self._do(connection, job, at)
            free.append(connection)

        begun = []
        for number, job in enumerate(self._load.jobs):
            at = self.told.began + number / self._load.per_second
            await asyncio.sleep(max(at - time.monotonic(), 0.0))
            begun.append(asyncio.create_task(begin(job, at)))
        await asyncio.gather(*begun)

    async def _do(self, connection: Connection, job: Job, sent: float | None = None) -> None:
        try:
            await (self._command if job.key else self._read)(connection, job, sent or time.monotonic())
        except (OSError, ValueError, KeyError) as error:
            self.told.errors.append(f"{job.path}: {type(error).__name__}: {error}")

    async def _read(self, connection: Connection, job: Job, sent: float) -> None:
        headers = {"Authorization": f"Bearer {job.token}"} if job.token else {}
        status, _ = await connection.ask(request("GET", job.path, headers))
        self.told.read.append(time.monotonic() - sent)
        self._statuses[str(status)] += 1

    async def _command(self, connection: Connection, job: Job, sent: float) -> None:
        told = self.told
        body = json.dumps({"pass_id": job.pass_id}).encode() if job.pass_id else b"{}"
        headers = {"Authorization": f"Bearer {job.token}", "Idempotency-Key": job.key}
        if job.wait_seconds:
            headers["Prefer"] = f"wait={job.wait_seconds}"
        status, answer = await connection.ask(request("POST", job.path, headers, body))
        answered = time.monotonic()
        command = _command_in(answer)
        if command is None:  # neither outcome nor accepted command: the trouble is told as it came
            self._statuses[str(status)] += 1
            if self._load.per_second and status == HTTPStatus.SERVICE_UNAVAILABLE:
                told.turned_away.append(answered - sent)
            else:
                told.errors.append(f"{job.path}: {status} {answer[:200].decode(errors='replace')}")
            return
        told.trace.append((command["id"], sent, answered))
        if not job.wait_seconds:
            told.accept.append(answered - sent)
        if job.follows:
            if job.wait_seconds and command["status"] != "waiting":
                told.outcome.append(answered - sent)
            command = await self._settled(connection, job, command)
        self._statuses[command["status"]] += 1
        if job.cancels and command["status"] == "applied":
            back = replace(job, path=f"/v1/bookings/{command['id']}/cancellation", pass_id="", key=f"{job.key}-back")
            self._jobs.insert(self._random.randint(0, len(self._jobs)), replace(back, cancels=False))

    async def _settled(self, connection: Connection, job: Job, command: dict[str, Any]) -> dict[str, Any]:
        """Ask for the command until it has its outcome; one that never gets it ends with its client's patience."""
        ends = self.told.began + self._load.give_up_seconds
        ask = request("GET", f"/v1/commands/{command['id']}", {"Authorization": f"Bearer {job.token}"})
        while command["status"] == "waiting" and time.monotonic() < ends:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
            _, answer = await connection.ask(ask)
            command = _command_in(answer) or command
        return command


def _command_in(answer: bytes) -> dict[str, Any] | None:
    """Return the command that an answer shows, itself or within a problem."""
    try:
        body = json.loads(answer)
    except ValueError:
        return None
    shown = body.get("command", body)
    return shown if "id" in shown and "kind" in shown else None


def main() -> None:
    """Read, run, write."""
    plan, to = map(Path, sys.argv[1:])
    fields = json.loads(plan.read_text())
    load = Load(**{**fields, "jobs": [Job(**job) for job in fields["jobs"]]})
    gc.disable()
    told = asyncio.run(Clients(load).run())
    to.write_text(json.dumps(asdict(told)))


if __name__ == "__main__":
    main()
