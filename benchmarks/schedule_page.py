"""How often the server renders a week of 300 sessions as a page, and what 100,000 other sessions change about that.

Two gunicorn workers, as the local stack has them, are asked by several clients at once, for nobody signed in and for a
member. The same is done on a database with only that week and on one that holds 100,000 sessions more, in turns:

    .venv/bin/python -m benchmarks.schedule_page

Needs a running stack for its servers only; the API it measures is one of its own, on scratch databases.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from gzip import compress
from pathlib import Path

import aiohttp
import click

from api.bearer_secrets import hash_of, new_secret
from api.browser import COOKIE
from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.hot_session import serve_in_batches
from domain.ids import MemberId
from ops.stack import PROJECT
from ops.stack.ports import free_port
from storage.settings import settings
from storage.sign_ins import begin_sign_in

WEEK_SESSIONS = 300
BOOKINGS = 10  # of the member, in that week
CLIENTS = 8
START_SECONDS_MAX = 30


def fill(url: str, bulk: Bulk, *, others: int) -> tuple[str, str]:
    """Put 300 sessions into one week, three weeks ahead, and others around it.

    Return a day of that week, and the cookie of a member with ten bookings in it.
    """
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=21 - today.weekday())
    week = bulk.sessions(WEEK_SESSIONS, capacity=12)
    bulk.db.execute(
        """
        UPDATE training_sessions
           SET starts_at = %s::timestamptz + make_interval(days => (n / 43)::int, mins => (n %% 43 * 20)::int)
          FROM unnest(%s::uuid[]) WITH ORDINALITY AS week (session_id, n) WHERE id = session_id
        """,
        (datetime.combine(monday, datetime.min.time(), UTC) + timedelta(hours=6), week),
    )
    bulk.sessions(others, capacity=12, first_day=40)
    bulk.members(1)
    ((member_id, _),) = bulk.payers(1)
    for session_id in week[:: WEEK_SESSIONS // BOOKINGS]:
        bulk.ask_for_seats(session_id, 1, 1)
        serve_in_batches(url, session_id)
    secret = new_secret()
    begin_sign_in(bulk.db, MemberId(member_id), secret_hash=hash_of(secret), device="benchmark")
    bulk.settle_statistics()
    return monday.isoformat(), f"{COOKIE}={secret}"


@contextmanager
def api(url: str) -> Iterator[str]:
    """Run the API with two workers on this database."""
    port = free_port()
    environment = {**os.environ, "SEATLINE_DATABASE_URL": url, "SEATLINE_BIND": f"127.0.0.1:{port}"}
    environment |= {"SEATLINE_REDIS_URL": settings().redis_url, "SEATLINE_SECRET_KEY": settings().secret_key}
    # One member asks for all of it.
    environment["SEATLINE_REQUESTS_PER_MINUTE"] = "1000000"
    command = [sys.executable, "-m", "gunicorn", "-c", "api/gunicorn_conf.py", "-w", "2", "api.app:create_app()"]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def rate(address: str, *, pages: int, cookie: str = "") -> tuple[float, bytes]:
    """Ask for the page as often as that with several clients at once; return pages a second, and one page."""
    headers = {"Cookie": cookie} if cookie else {}
    async with aiohttp.ClientSession(headers=headers) as session:
        until = time.monotonic() + START_SECONDS_MAX
        body = b""
        while not body:
            try:
                async with session.get(address) as answer:
                    assert answer.status == 200, await answer.text()
                    body = await answer.read()
            except aiohttp.ClientConnectorError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.2)
        left = iter(range(pages))

        async def ask() -> None:
            for _ in left:
                async with session.get(address) as answer:
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(CLIENTS)))
        return pages / (time.perf_counter() - began), body


@click.command()
@click.option("--pages", default=600, show_default=True, help="Asked for, a round.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--others", default=100_000, show_default=True, help="Sessions beside the week in the larger database.")
def main(pages: int, rounds: int, others: int) -> None:
    """Print both rates, their ratio, and the size of the page."""
    server = settings().database_url
    ratios, few_rates, member_rates = list[float](), list[float](), list[float]()
    with scratch_database(server) as few, scratch_database(server) as many:
        with bulk_studio(few) as bulk:
            day, cookie = fill(few, bulk, others=0)
        with bulk_studio(many) as bulk:
            fill(many, bulk, others=others)
        with api(few) as small, api(many) as large:
            for round_ in range(1, rounds + 1):
                few_rate, body = asyncio.run(rate(f"{small}/?day={day}", pages=pages))
                many_rate, _ = asyncio.run(rate(f"{large}/?day={day}", pages=pages))
                few_rates.append(few_rate)
                ratios.append(few_rate / many_rate)
                member_rate, members_page = asyncio.run(rate(f"{small}/?day={day}", pages=pages, cookie=cookie))
                member_rates.append(member_rate)
                click.echo(
                    f"round {round_}: {few_rate:.0f}/s, with {others:,} others {many_rate:.0f}/s; "
                    f"for a member {member_rate:.0f}/s"
                )
    css = sum(file.stat().st_size for file in Path(PROJECT, "api/static").glob("*.css"))
    click.echo(
        f"median {statistics.median(few_rates):.0f}/s, for a member {statistics.median(member_rates):.0f}/s; "
        f"with {others:,} others {statistics.median(ratios):.2f}x"
    )
    assert b"session-state" in members_page
    click.echo(f"page {len(body) / 1000:.0f} kB ({len(compress(body)) / 1000:.0f} gzipped), CSS {css / 1000:.0f} kB")


if __name__ == "__main__":
    main()
