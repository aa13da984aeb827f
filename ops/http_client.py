"""Seatline over HTTP, as a member's program would use it: book, cancel, ask what became of it."""

import asyncio
import json
import random
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from domain.ids import BookingId, PassId, TrainingSessionId
from domain.outcomes import CommandStatus
from ops.errors import OperatorError

REQUEST_SECONDS = 60.0  # longer than the longest wait the API grants
RETRIES_MAX = 12
BACK_OFF_SECONDS_FIRST = 0.1
BACK_OFF_SECONDS_MAX = 5.0
ASK_AGAIN_SECONDS = 0.2

_OK = 200
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_STATUSES = frozenset(str(status) for status in CommandStatus)


class HttpError(OperatorError):
    """The API cannot be reached, or answers what no client can go on with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, its JSON, and the seconds from the first attempt to it; `attempts` counts them."""

    status: int
    body: dict[str, Any]
    seconds: float
    attempts: int

    @property
    def command(self) -> dict[str, Any] | None:
        """The command the answer shows, itself or within a problem; None when it shows none."""
        inner = self.body.get("command")
        shown = inner if isinstance(inner, dict) else self.body
        return shown if shown.get("status") in _STATUSES and "kind" in shown else None

    @property
    def is_settled(self) -> bool:
        """Whether the answer shows a command with its outcome."""
        return self.command is not None and self.command["status"] != CommandStatus.WAITING


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks (the access token), under which idempotency key, and how long the API may wait for the outcome."""

    token: str
    key: str
    wait_seconds: int | None = None

    def headers(self) -> dict[str, str]:
        """Return the request's headers."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": self.key}
        if self.wait_seconds is not None:
            headers["Prefer"] = f"wait={self.wait_seconds}"
        return headers


class HttpClient:
    """A client of one API, with connections of its own; use it as an asynchronous context manager.

    Connection losses, 429 and 5xx are tried again with growing pauses, under the same key, so that nothing happens
    twice. Raises `HttpError` when that does not help, or when the API refuses the request as such.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        self._url = url.rstrip("/")
        self._connections = connections

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def check_ready(self) -> None:
        """Raise `HttpError` unless the API says that it can take commands; asks once."""
        try:
            async with self._http.get(f"{self._url}/ready") as response:
                if response.status == _OK:
                    return
                trouble = f"it answers {response.status}: {_short(_json_of(await response.read()))}"
        except (aiohttp.ClientError, TimeoutError) as error:
            trouble = str(error) or type(error).__name__
        raise HttpError(f"The API at {self._url} is not ready ({trouble}). Is it running, and is the URL right?")

    async def book(self, sender: Sender, session_id: TrainingSessionId, pass_id: PassId) -> Answer:
        """Ask for a place; 202 when accepted, and with a wait 201 or 409 when settled in time."""
        path = f"/v1/sessions/{session_id}/bookings"
        return await self._ask("POST", path, sender.headers(), {"pass_id": str(pass_id)})

    async def cancel(self, sender: Sender, booking_id: BookingId) -> Answer:
        """Give a place back, or leave the line; answered as a booking is, with 200 instead of 201."""
        return await self._ask("POST", f"/v1/bookings/{booking_id}/cancellation", sender.headers(), None)

    async def settled(self, token: str, answer: Answer, *, seconds_max: float = 120.0) -> Answer:
        """Return the answer that shows the command's outcome, asking again until there is one."""
        if answer.is_settled:
            return answer
        if answer.command is None:
            raise HttpError(f"The API answered {answer.status} without a command: {_short(answer.body)}")
        path = f"/v1/commands/{answer.command['id']}"
        began = time.monotonic()
        while time.monotonic() - began < seconds_max:
            again = await self._ask("GET", path, {"Authorization": f"Bearer {token}"}, None)
            if again.is_settled:
                seconds = answer.seconds + time.monotonic() - began
                return Answer(again.status, again.body, seconds, answer.attempts)
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        raise HttpError(
            f"Command {answer.command['id']} still waits after {seconds_max:.0f} s. Is a worker running? "
            "`seatline doctor` tells."
        )

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: dict[str, str] | None) -> Answer:
        began = time.monotonic()
        trouble = ""
        for attempt in range(1, RETRIES_MAX + 1):
            pause = min(BACK_OFF_SECONDS_FIRST * 2 ** (attempt - 1), BACK_OFF_SECONDS_MAX)
            try:
                async with self._http.request(method, self._url + path, headers=headers, json=body) as response:
                    answer = Answer(response.status, _json_of(await response.read()), time.monotonic() - began, attempt)
                    retry_after = response.headers.get("Retry-After", "")
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
                trouble = str(error) or type(error).__name__
            else:
                if not _worth_another_try(answer):
                    return _accepted(answer, method, path)
                trouble = f"it answers {answer.status}: {_short(answer.body)}"
                pause = max(pause, min(float(retry_after), BACK_OFF_SECONDS_MAX)) if retry_after.isdecimal() else pause
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing
        raise HttpError(f"The API at {self._url} cannot be used ({trouble}). Is it running, and is the URL right?")


def _worth_another_try(answer: Answer) -> bool:
    if answer.status == _TOO_MANY_REQUESTS:
        return True
    # A command that failed is answered with 500 too; it is an outcome, and asking again brings the same.
    return answer.status >= _SERVER_ERRORS and not answer.is_settled


def _accepted(answer: Answer, method: str, path: str) -> Answer:
    if answer.command is None:
        raise HttpError(f"The API refuses {method} {path} with {answer.status}: {_short(answer.body)}")
    return answer


def _json_of(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {"detail": raw[:200].decode(errors="replace")}
    return body if isinstance(body, dict) else {"detail": body}


def _short(body: dict[str, Any]) -> str:
    said = {name: body[name] for name in ("code", "detail", "errors") if name in body}
    return json.dumps(said or body, ensure_ascii=False)[:400]
