"""The clients of a run: each asks again under the same key until it is answered, and writes down what it saw."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp

from ops.chaos.history import Asked, Call, call_answered
from ops.rush.scene import Player, Scene

CLIENT_PATIENCE_SECONDS = (1.0, 3.0, 8.0)  # how long a client waits for one answer; one of these
WAITS = (None, None, 2, 8)  # seconds of `Prefer: wait`; one of these
PAUSE_SECONDS = (0.005, 0.12)  # between two commands of a client
AGAIN_SECONDS = (0.05, 0.4)  # before a client asks again
REPEAT_SHARE = 0.05  # of the answered commands are sent once more under their key, which must change nothing
CANCEL_SHARE = 0.7  # of the turns of a member with a booking there

Job = tuple[str, dict[str, str] | None]
"""Path and body of a request."""


@dataclass
class Load:
    """So many clients, each with members of its own; `history` grows with what they ask."""

    url: str
    tokens: dict[UUID, str]
    scene: Scene
    clients: int
    seed: int
    history: list[Asked] = field(default_factory=list)
    answered: int = 0
    stopping: bool = False
    gives_up_at: float = float("inf")

    async def run(self) -> None:
        """Ask until `stopping` is set, and then until everything asked is answered or `gives_up_at` has come."""
        connector = aiohttp.TCPConnector(limit=self.clients)
        async with aiohttp.ClientSession(connector=connector) as http:
            await asyncio.gather(*(self._client(http, number) for number in range(self.clients)))

    async def _client(self, http: aiohttp.ClientSession, number: int) -> None:
        client = _Client(self, http, random.Random(f"{self.seed} {number}"), self.scene.players[number :: self.clients])  # noqa: S311
        while not self.stopping:
            await client.ask_something()
            await asyncio.sleep(client.random.uniform(*PAUSE_SECONDS))


@dataclass
class _Client:
    """One client: asks one command at a time, for one member after the other as chance has it."""

    load: Load
    http: aiohttp.ClientSession
    random: random.Random
    players: tuple[Player, ...]
    bookings: dict[tuple[UUID, UUID], str] = field(default_factory=dict)

    async def ask_something(self) -> None:
        """Book a place, or give one back that was asked for earlier, whatever came of it."""
        player = self.random.choice(self.players)
        session_id = self.random.choice(self.load.scene.training_session_ids)
        booking_id = self.bookings.get((player.member_id, session_id), "")
        if booking_id and self.random.random() > CANCEL_SHARE:
            booking_id = ""
        asked = Asked(f"chaos-{len(self.load.history)}", player.member_id, session_id, booking_id)
        self.load.history.append(asked)
        job: Job = (f"/v1/sessions/{session_id}/bookings", {"pass_id": str(player.pass_id)})
        if booking_id:
            job = (f"/v1/bookings/{booking_id}/cancellation", None)
        await self._until_answered(asked, job)
        if asked.answered is None:
            return
        self.load.answered += 1
        if booking_id:
            self.bookings.pop((player.member_id, session_id))
        elif "refused" not in {call.command_status for call in asked.acceptances()}:
            self.bookings[player.member_id, session_id] = next(asked.acceptances()).command_id
        if self.random.random() < REPEAT_SHARE:
            await self._call(asked, job)

    async def _until_answered(self, asked: Asked, job: Job) -> None:
        while True:
            call = await self._call(asked, job)
            if call.accepts or time.monotonic() > self.load.gives_up_at:
                return
            await asyncio.sleep(self.random.uniform(*AGAIN_SECONDS))

    async def _call(self, asked: Asked, job: Job) -> Call:
        headers = {"Authorization": f"Bearer {self.load.tokens[asked.member_id]}", "Idempotency-Key": asked.key}
        wait = self.random.choice(WAITS)
        if wait is not None:
            headers["Prefer"] = f"wait={wait}"
        timeout = aiohttp.ClientTimeout(total=self.random.choice(CLIENT_PATIENCE_SECONDS))
        path, body = job
        call = Call(time.monotonic())
        asked.calls.append(call)
        try:
            async with self.http.post(self.load.url + path, json=body, headers=headers, timeout=timeout) as response:
                said = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            call.trouble = f"{type(error).__name__}: {error}"
            return call
        asked.calls[-1] = call_answered(call.sent, time.monotonic(), response.status, _json_of(said))
        return asked.calls[-1]


def _json_of(said: bytes) -> dict[str, Any]:
    try:
        body = json.loads(said)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
