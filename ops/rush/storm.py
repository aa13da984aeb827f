"""Send the storm: many clients at once, each waiting for its answers, with cancellations in between."""

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from api.auth import make_token
from domain.ids import BookingId, TrainingSessionId
from domain.outcomes import CommandStatus
from ops.errors import OperatorError
from ops.http_client import Answer, HttpClient, Sender
from ops.rush.scene import Player, Scene
from storage.settings import Settings

WAIT_SECONDS = 20
ACCEPT_SHARE = 0.1  # of the requests are sent without a wait, to measure how long accepting takes


@dataclass(frozen=True, slots=True)
class StormPlan:
    """How hard it blows: clients at once, the share of bookings given back, and when to stop sending (seconds)."""

    clients: int
    cancel_share: float
    seconds_max: float


@dataclass(slots=True)
class Storm:
    """What the clients saw so far. `statuses` has the outcome of each command by its id; latencies are in seconds.

    `accept_seconds` are those of requests sent without a wait, until they were answered 202; `outcome_seconds` those
    of requests with a wait, until they were answered with their outcome.
    """

    planned: int
    sent: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, str] = field(default_factory=dict)
    accept_seconds: list[float] = field(default_factory=list)
    outcome_seconds: list[float] = field(default_factory=list)
    retries: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cut_short: bool = False

    @property
    def answered(self) -> int:
        """How many requests were answered."""
        return len(self.accept_seconds) + len(self.outcome_seconds)


@dataclass(frozen=True, slots=True)
class _Job:
    """A booking to ask for, or one to give back."""

    player: Player
    training_session_id: TrainingSessionId
    cancels: BookingId | None = None


class Clients:
    """The clients of one run; `storm` shows at any time what they have seen so far."""

    def __init__(self, settings: Settings, scene: Scene, plan: StormPlan) -> None:
        self._settings = settings
        self._plan = plan
        self._name = scene.name.replace(" ", "-")
        jobs = [_Job(player, wanted) for player in scene.players for wanted in player.wants]
        self._random = random.Random(scene.name)  # noqa: S311 - decides who comes when, guards nothing
        self._random.shuffle(jobs)
        self._jobs = deque(jobs)
        self.storm = Storm(planned=len(jobs))

    async def run(self) -> None:
        """Send everything and wait for every outcome; errors of single requests are kept, not raised."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends = began + self._plan.seconds_max
        async with HttpClient(self._settings.api_url, connections=self._plan.clients) as http:
            await http.check_ready()

            async def client() -> None:
                while self._jobs:
                    if loop.time() > ends:
                        self.storm.cut_short = True
                        return
                    await self._do(http, self._jobs.popleft())

            await asyncio.gather(*(client() for _ in range(self._plan.clients)))
        self.storm.seconds = loop.time() - began

    async def _do(self, http: HttpClient, job: _Job) -> None:
        storm = self.storm
        storm.sent += 1
        waits = self._random.random() >= ACCEPT_SHARE
        sender = Sender(
            make_token(self._settings, job.player.member_id),
            f"{self._name}-{storm.sent}",
            WAIT_SECONDS if waits else None,
        )
        try:
            if job.cancels is None:
                answer = await http.book(sender, job.training_session_id, job.player.pass_id)
            else:
                answer = await http.cancel(sender, job.cancels)
            (storm.outcome_seconds if answer.is_settled else storm.accept_seconds).append(answer.seconds)
            storm.retries += answer.attempts - 1
            settled = await http.settled(sender.token, answer)
        except OperatorError as error:
            storm.errors.append(str(error))
            return
        self._note(job, settled)

    def _note(self, job: _Job, answer: Answer) -> None:
        command = answer.command or {}
        self.storm.statuses[str(command["id"])] = str(command["status"])
        self.storm.seen[_became(job, command)] += 1
        applied = command["status"] == CommandStatus.APPLIED
        if job.cancels is None and applied and self._random.random() < self._plan.cancel_share:
            self.storm.planned += 1
            later = self._random.randint(0, len(self._jobs))
            self._jobs.insert(later, _Job(job.player, job.training_session_id, BookingId(command["id"])))


def _became(job: _Job, command: dict[str, Any]) -> str:
    """One word for an outcome, as the live display counts it."""
    if command["status"] != CommandStatus.APPLIED:
        return str(command["status"])
    if job.cancels is not None:
        return "cancelled"
    return str((command.get("booking") or {}).get("status", "applied"))
