"""What 50,000 sessions leave behind once each has had a command: keys in Redis, memory in API and workers.

Sends one booking to each of 50,000 sessions over HTTP to a running stack and compares before and after:

    seatline up --data bench-data --no-seed
    SEATLINE_DATA=bench-data .venv/bin/python -m benchmarks.idle_sessions
"""

import asyncio
import time
from pathlib import Path
from uuid import UUID

import aiohttp
import click

from api.auth import make_token
from benchmarks.bulk import Bulk, bulk_studio
from domain.ids import MemberId
from storage.settings import Settings, settings
from workers.queues import QueueName
from workers.resources import redis_client

CLIENTS = 48
MEMBER_SESSIONS = 10  # what the pass of each member pays for


def memory_of(data: Path) -> dict[str, int]:
    """Return the resident memory of the stack's API and worker processes in bytes, the largest of each kind."""
    largest = {"api": 0, "worker": 0}
    for folder in Path("/proc").iterdir():
        try:
            mine = f"SEATLINE_DATA={data}" in (folder / "environ").read_text().split("\0")
            command = (folder / "cmdline").read_text().replace("\0", " ")
            pages = int((folder / "statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            continue
        kind = "api" if "gunicorn" in command else "worker" if "workers.app worker" in command else None
        if mine and kind:
            largest[kind] = max(largest[kind], pages * 4096)
    return largest


async def book_each(current: Settings, work: list[tuple[UUID, UUID, UUID]]) -> None:
    """Send one booking for each (session, member, pass), many at once, waiting for the 202 only."""
    queue = iter(work)
    done = 0

    async def client(http: aiohttp.ClientSession) -> None:
        nonlocal done
        for session_id, member_id, pass_id in queue:
            headers = {"Authorization": f"Bearer {make_token(current, MemberId(member_id))}"}
            url = f"{current.api_url}/v1/sessions/{session_id}/bookings"
            async with http.post(url, json={"pass_id": str(pass_id)}, headers=headers) as answer:
                assert answer.status == 202, await answer.text()
            done += 1
            if done % 5000 == 0:
                click.echo(f"  {done:,} accepted", err=True)

    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(client(http) for _ in range(CLIENTS)))


def until_applied(bulk: Bulk) -> None:
    """Wait until nothing waits any more, neither command nor token."""
    while (
        redis_client().llen(QueueName.SESSIONS)
        or bulk.db.execute("SELECT 1 FROM commands WHERE status = 'waiting' LIMIT 1").fetchone()
    ):
        time.sleep(0.2)


def a_round(bulk: Bulk, current: Settings, sessions: int) -> None:
    """Book one place in each of so many new sessions and wait until all are applied."""
    ids = bulk.sessions(sessions, capacity=5)
    payers = [payer for payer in bulk.payers(sessions // MEMBER_SESSIONS) for _ in range(MEMBER_SESSIONS)]
    work = [(id_, member_id, pass_id) for id_, (member_id, pass_id) in zip(ids, payers, strict=True)]
    asyncio.run(book_each(current, work))
    until_applied(bulk)


@click.command()
@click.option("--sessions", default=50_000, show_default=True)
def main(sessions: int) -> None:
    """Print keys and memory before and after; a first small round warms everything up."""
    current = settings()
    with bulk_studio(current.database_url) as bulk:
        bulk.members((sessions + 2_000) // MEMBER_SESSIONS)
        a_round(bulk, current, 2_000)
        before = memory_of(current.data)
        began = time.perf_counter()
        a_round(bulk, current, sessions)
        seconds = time.perf_counter() - began
        after = memory_of(current.data)
    redis = redis_client()
    time.sleep(2.0)  # the last tokens are being used up
    of_sessions = [key for key in redis.scan_iter(count=1000) if str(key).startswith(("lane:", "session."))]
    click.echo(f"{sessions:,} sessions, one command each: {seconds:.0f} s, {sessions / seconds:,.0f} a second")
    click.echo(f"keys left for sessions: {len(of_sessions)}; keys in all: {redis.dbsize()}")
    for kind, bytes_before in before.items():
        grown = (after[kind] - bytes_before) / 1e6
        click.echo(
            f"{kind}: {bytes_before / 1e6:.0f} MB before, {after[kind] / 1e6:.0f} MB after, grown by {grown:.1f} MB"
        )


if __name__ == "__main__":
    main()
