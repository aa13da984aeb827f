"""How soon an open page shows what has changed, while 2,000 browsers hold live connections: on a running stack.

Two pages are open in a real Chromium, each of another member: a session, and the week with it. 2,000 streams with
sign-in cookies listen to the same session, as as many open pages would. Then members book and cancel there, one after
another; each time it is measured when either page shows the change, from the moment at which it was applied by the
database's clock (which must be this machine's). At the end many book at once, and it is measured how far the pages'
counts are behind meanwhile.

    .venv/bin/python -m benchmarks.live_pages

It adds members and a session of its own, nine days ahead, and leaves them there. Needs Chromium, and the packages of
the tests. Times are in milliseconds.
"""

import asyncio
import shutil
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp
import click
from playwright.async_api import Page, async_playwright

from api.auth import make_token
from api.bearer_secrets import hash_of, new_secret
from api.browser import COOKIE
from benchmarks.bulk import Bulk, bulk_studio
from domain.ids import MemberId
from storage.settings import settings
from storage.sign_ins import begin_sign_in

DAYS_AHEAD = 9
OPENING_AT_ONCE = 50
PATIENCE_SECONDS = 30
# Notes for each state that the page shows of the session when it was first seen, by the clock that Date uses.
WATCH = """
(session) => {
  window.seen = {};
  const look = () => {
    const shown = document.querySelector(`[data-session="${session}"]`);
    const state = shown?.dataset.state;
    if (state && !(state in window.seen)) window.seen[state] = performance.timeOrigin + performance.now();
  };
  look();
  const options = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(document.body, options);
}
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A member with a pass, and the secret of a browser's sign-in."""

    id: UUID
    pass_id: UUID
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this member carries that books."""
        return {"Authorization": f"Bearer {make_token(settings(), MemberId(self.id))}", "Prefer": "wait=30"}


def enrol(bulk: Bulk, count: int) -> list[Person]:
    """Make so many members, each signed in with a browser."""
    bulk.members(count)
    people = []
    for member_id, pass_id in bulk.payers(count):
        secret = new_secret()
        begin_sign_in(bulk.db, MemberId(member_id), secret_hash=hash_of(secret), device="benchmark")
        people.append(Person(member_id, pass_id, secret))
    return people


async def listen(http: aiohttp.ClientSession, person: Person, session_id: UUID, opened: asyncio.Event) -> None:
    """Hold a stream with this member's cookie until it is cancelled."""
    timeout = aiohttp.ClientTimeout(total=None)
    headers = {"Cookie": f"{COOKIE}={person.secret}"}
    query = {"session_id": str(session_id)}
    async with http.get("/v1/events", params=query, headers=headers, timeout=timeout) as answer:
        answer.raise_for_status()
        async for _ in answer.content.iter_any():
            opened.set()


async def open_streams(http: aiohttp.ClientSession, people: list[Person], session_id: UUID) -> list[asyncio.Task[None]]:
    """Open a stream for each, a few at once as browsers would come, and print how long it took."""
    began, slots, tasks = time.perf_counter(), asyncio.Semaphore(OPENING_AT_ONCE), []

    async def open_one(person: Person) -> None:
        async with slots:
            opened = asyncio.Event()
            tasks.append(asyncio.create_task(listen(http, person, session_id, opened)))
            await asyncio.wait_for(opened.wait(), PATIENCE_SECONDS)

    await asyncio.gather(*(open_one(person) for person in people))
    click.echo(f"{len(tasks)} streams opened with cookies in {time.perf_counter() - began:.1f} s")
    return tasks


async def settle(http: aiohttp.ClientSession, person: Person, path: str, body: Any) -> dict[str, Any]:
    """Send a command and wait for its outcome."""
    async with http.post(path, json=body, headers=person.headers) as answer:
        answer.raise_for_status()
        command: dict[str, Any] = await answer.json()
    return command


async def first_seen(page: Page, booked: int) -> float:
    """Return when the page first showed this many bookings, in milliseconds since the epoch."""
    look = "booked => Object.entries(window.seen).find(([state]) => state.split(' ')[1] == booked)?.[1]"
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if seen := await page.evaluate(look, booked):
            return float(seen)
        await asyncio.sleep(0.02)
    raise RuntimeError(f"a page did not show {booked} bookings within {PATIENCE_SECONDS} s")


async def one_by_one(
    http: aiohttp.ClientSession, pages: dict[str, Page], people: list[Person], session_id: UUID, pause: float
) -> None:
    """Let each of these book, and print how long after it was applied each page showed it."""
    late: dict[str, list[float]] = {name: [] for name in pages}
    for booked, person in enumerate(people, 1):
        body = {"pass_id": str(person.pass_id)}
        command = await settle(http, person, f"/v1/sessions/{session_id}/bookings", body)
        applied = datetime.fromisoformat(command["applied_at"]).timestamp() * 1000
        for name, page in pages.items():
            late[name].append(await first_seen(page, booked) - applied)
        await asyncio.sleep(pause)
    for name, values in late.items():
        ordered = sorted(values)
        click.echo(
            f"{name}: shown p50 {statistics.median(values):.0f} ms, p95 {ordered[int(len(ordered) * 0.95)]:.0f} ms, "
            f"max {ordered[-1]:.0f} ms after it was applied ({len(values)} changes, {pause:g} s apart)"
        )


async def all_at_once(
    http: aiohttp.ClientSession, pages: dict[str, Page], people: list[Person], session_id: UUID, already: int
) -> None:
    """Let all of these book at once, and print how long after the last was applied each page showed it."""
    path = f"/v1/sessions/{session_id}/bookings"
    commands = [settle(http, person, path, {"pass_id": str(person.pass_id)}) for person in people]
    applied = [datetime.fromisoformat(command["applied_at"]).timestamp() for command in await asyncio.gather(*commands)]
    click.echo(f"{len(people)} booked within {max(applied) - min(applied):.1f} s")
    for name, page in pages.items():
        seen = await first_seen(page, already + len(people))
        states = await page.evaluate("Object.keys(window.seen).length")
        click.echo(
            f"{name}: the last shown {seen - max(applied) * 1000:.0f} ms after it was applied; {states} states shown"
        )


async def measure(
    people: list[Person], session_id: UUID, *, streams: int, changes: int, rush: int, pause: float
) -> None:
    """Open everything, and measure."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            aiohttp.ClientSession(settings().api_url, connector=aiohttp.TCPConnector(limit=0))
        )
        playwright = await stack.enter_async_context(async_playwright())
        chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        stack.push_async_callback(chromium.close)
        async with http.get(f"/v1/sessions/{session_id}") as answer:
            day = (await answer.json())["starts_at_local"][:10]
        pages = {}
        for name, path in (("session's page", f"/sessions/{session_id}"), ("schedule's page", f"/?day={day}")):
            pages[name] = await open_page(chromium, people.pop(), path, session_id)
        tasks = await open_streams(http, people[:streams], session_id)
        await one_by_one(http, pages, people[:changes], session_id, pause)
        await all_at_once(http, pages, people[changes : changes + rush], session_id, changes)
        click.echo(f"{sum(not task.done() for task in tasks)} of {streams} streams still open")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def open_page(chromium: Any, person: Person, path: str, session_id: UUID) -> Page:
    """Open a page as this member, in a browser of its own."""
    context = await chromium.new_context(base_url=settings().api_url)
    await context.add_cookies([{"name": COOKIE, "value": person.secret, "url": settings().api_url}])
    page: Page = await context.new_page()
    await page.goto(path)
    await page.evaluate(WATCH, str(session_id))
    return page


@click.command()
@click.option("--streams", default=2000, show_default=True, help="Live connections beside the two pages.")
@click.option("--changes", default=20, show_default=True, help="Bookings, one after another.")
@click.option("--rush", default=200, show_default=True, help="Bookings at once at the end.")
@click.option("--pause", default=2.0, show_default=True, help="Seconds between two changes.")
def main(streams: int, changes: int, rush: int, pause: float) -> None:
    """Make members and a session, and measure."""
    with bulk_studio(settings().database_url) as bulk:
        people = enrol(bulk, max(streams, changes + rush) + 2)
        (session_id,) = bulk.sessions(1, capacity=changes + rush, first_day=DAYS_AHEAD)
    asyncio.run(measure(people, session_id, streams=streams, changes=changes, rush=rush, pause=pause))


if __name__ == "__main__":
    main()
