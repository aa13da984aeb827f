"""2,000 clients wait at once while new commands are still accepted: measured on a running stack.

Half of them wait for the outcome of a booking (`Prefer: wait`) in a session whose lane is held by a lock, the other
half listen to `/v1/events`. Meanwhile members book and cancel in another session, each waiting for the outcome; the
same is measured before on the idle stack. Then the lane is released, and it is measured when everybody has heard.

Run it with `python -m benchmarks.waiting_clients` beside a running stack; it adds members and two sessions of its
own, nine days ahead, and leaves them there. Times are in milliseconds, as the client sees them.
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import aiohttp

from api.auth import make_token
from benchmarks.bulk import Bulk, bulk_studio
from domain.ids import MemberId, TrainingSessionId
from storage.database import connect
from storage.settings import settings
from workers import flags, publish
from workers.resources import redis_client

PROBES = 300
WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Client:
    """A member with a pass and a token."""

    member_id: UUID
    pass_id: UUID
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What every request of this member carries."""
        return {"Authorization": f"Bearer {self.token}", "Prefer": f"wait={WAIT_SECONDS}"}


@dataclass
class Place:
    """What was made for this run: two sessions, and members."""

    held: TrainingSessionId
    free: TrainingSessionId
    clients: list[Client] = field(default_factory=list)


def prepare(bulk: Bulk, count: int) -> Place:
    """Make two sessions and so many members; the held one is full when half of them have a place."""
    bulk.members(count)
    (held,) = bulk.sessions(1, capacity=count // 2)
    (free,) = bulk.sessions(1, capacity=count)
    clients = [
        Client(member_id, pass_id, make_token(settings(), MemberId(member_id)))
        for member_id, pass_id in bulk.payers(count)
    ]
    return Place(TrainingSessionId(held), TrainingSessionId(free), clients)


async def book(http: aiohttp.ClientSession, client: Client, session_id: UUID) -> tuple[int, dict[str, object]]:
    """Book and wait for the outcome."""
    body = {"pass_id": str(client.pass_id)}
    async with http.post(f"/v1/sessions/{session_id}/bookings", json=body, headers=client.headers) as answer:
        return answer.status, await answer.json()


async def probe(http: aiohttp.ClientSession, client: Client, session_id: UUID) -> tuple[list[float], list[float]]:
    """Book and cancel in turn; return each round trip, and each time from accepted to applied."""
    round_trips, applied = [], []
    booking = None
    for _ in range(PROBES):
        began = time.perf_counter()
        if booking is None:
            status, command = await book(http, client, session_id)
            booking = command["id"]
        else:
            async with http.post(f"/v1/bookings/{booking}/cancellation", headers=client.headers) as answer:
                status, command = answer.status, await answer.json()
            booking = None
        round_trips.append((time.perf_counter() - began) * 1000)
        if status not in {200, 201}:
            raise RuntimeError(f"a probe was answered {status}: {command}")
        moments = [datetime.fromisoformat(str(command[name])) for name in ("accepted_at", "applied_at")]
        applied.append((moments[1] - moments[0]).total_seconds() * 1000)
    return round_trips, applied


async def listen(http: aiohttp.ClientSession, client: Client, session_id: UUID, opened: asyncio.Event) -> float:
    """Open a stream and return the moment at which it told that the whole session is booked."""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
    query = {"session_id": str(session_id)}
    async with http.get("/v1/events", params=query, headers=client.headers, timeout=timeout) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            opened.set()
            if line.startswith(b"data:") and b'"spots_left":0' in line:
                return time.perf_counter()
    raise RuntimeError("a stream ended before the session was full")


async def measure(place: Place) -> None:
    """Probe the idle stack, let everybody wait, probe again, release the lane and see everybody answered."""
    half = len(place.clients) // 2
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS + 30)
    async with aiohttp.ClientSession(settings().api_url, connector=connector, timeout=timeout) as http:
        prober = place.clients[0]
        say("idle", await probe(http, prober, place.free))
        with connect(settings().database_url) as holder:
            with holder.transaction():
                holder.execute("SELECT FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (place.held,))
                began = time.perf_counter()
                opened = [asyncio.Event() for _ in range(half)]
                streams = [
                    asyncio.create_task(listen(http, client, place.held, event))
                    for client, event in zip(place.clients[:half], opened, strict=True)
                ]
                await asyncio.gather(*(event.wait() for event in opened))
                print(f"{half} event streams opened in {time.perf_counter() - began:.2f} s")
                bookings = [asyncio.create_task(book(http, client, place.held)) for client in place.clients[half:]]
                await wait_until_accepted(place.held, len(bookings))
                print(f"{len(bookings)} bookings accepted and waiting after {time.perf_counter() - began:.2f} s")
                say(f"with {len(bookings)} waiting and {half} listening", await probe(http, prober, place.free))
                waiting = sum(not task.done() for task in bookings)
                print(f"still waiting when the lane is released: {waiting}")
            released = time.perf_counter()
            publish.token(redis_client(), place.held, armed_at=flags.rearm(redis_client(), place.held))
            answers = [status for status, _ in await asyncio.gather(*bookings)]
            print(
                f"all {answers.count(201)} of {len(answers)} told their booking {time.perf_counter() - released:.2f} s"
                " after the release"
            )
            heard = await asyncio.gather(*streams)
            print(f"all {len(heard)} streams told {max(heard) - released:.2f} s after the release")


async def wait_until_accepted(session_id: UUID, count: int) -> None:
    """Wait until the command log holds so many waiting commands of the session."""
    with connect(settings().database_url) as db:
        while True:
            row = db.execute(
                "SELECT count(*) FROM commands WHERE training_session_id = %s AND status = 'waiting'", (session_id,)
            ).fetchone()
            if row is not None and row[0] >= count:
                return
            await asyncio.sleep(0.05)


def say(when: str, measured: tuple[list[float], list[float]]) -> None:
    """Print a line for round trips and one for accepted to applied."""
    for what, values in zip(("round trip", "accepted to applied"), measured, strict=True):
        ordered = sorted(values)
        p99 = ordered[int(len(ordered) * 0.99)]
        print(f"{when}: {what} p50 {statistics.median(values):.1f} ms, p99 {p99:.1f} ms, max {ordered[-1]:.1f} ms")


def main() -> None:
    """Read how many clients, make them, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--clients", type=int, default=2000, help="how many clients wait, half of them listening")
    count = parser.parse_args().clients // 2 * 2
    with bulk_studio(settings().database_url) as bulk:
        place = prepare(bulk, count)
    asyncio.run(measure(place))


if __name__ == "__main__":
    main()
