"""How many e-mails one notifier process sends a second, over kept connections into an SMTP server that takes all.

Real bookings are made and served, so that each mail is a real confirmation: text, HTML and a calendar part, written
from templates. Then one postroom, as a notifier process has it, delivers them all:

    .venv/bin/python -m benchmarks.mail_rate

The server that takes the mails runs on the other core. Beside the rate the time that the same process needs to write
the mails alone is printed, and what share of a shift goes where cannot be told apart from outside: see --profile.
"""

import cProfile
import pstats
import resource
import statistics
import time
from dataclasses import replace

import click
from psycopg_pool import ConnectionPool

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.hot_session import serve_in_batches
from benchmarks.smtp_sink import Sink, smtp_sink
from storage.database import WORKER_TIMEOUTS, Db, open_pool
from storage.settings import settings
from workers.deliver import Postroom
from workers.providers import opened
from workers.resources import redis_client

CAPACITY = 100


def make_notices(bulk: Bulk, url: str, *, first: int, mails: int) -> None:
    """Let members book and serve them; every one is told that the booking is confirmed."""
    for number, session_id in enumerate(bulk.sessions(mails // CAPACITY, capacity=CAPACITY)):
        begin = first + number * CAPACITY
        bulk.ask_for_seats(session_id, begin, begin + CAPACITY - 1)
        serve_in_batches(url, session_id)


def deliver_all(postroom: Postroom, pool: ConnectionPool[Db]) -> None:
    """Work shifts until nothing is left to relay or due."""
    while True:
        postroom.deliver_due()
        with pool.connection() as db:
            left = db.execute(
                "SELECT EXISTS (SELECT FROM notices WHERE number IS NULL)"
                "    OR EXISTS (SELECT FROM deliveries WHERE status IN ('due', 'sending'))"
            ).fetchone()
        if left == (False,):
            return


def measure(bulk: Bulk, url: str, sink: Sink, *, rounds: int, mails: int) -> None:
    """Print each round's rate and CPU time, and the median rate."""
    mine = replace(settings(), smtp_url=sink.url, mail_from="Studio <studio@example.test>")
    rates = []
    with open_pool(url, WORKER_TIMEOUTS, size_max=4) as pool:
        postroom = Postroom(pool, redis_client(), mine, opened(mine))
        for round_ in range(rounds):
            make_notices(bulk, url, first=1 + round_ * mails, mails=mails)
            bulk.settle_statistics()
            sent, connections = sink.mails.value, sink.connections.value
            cpu, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            deliver_all(postroom, pool)
            seconds = time.perf_counter() - began
            used = resource.getrusage(resource.RUSAGE_SELF)
            assert sink.mails.value - sent == mails, "every mail arrives once"
            rates.append(mails / seconds)
            cpu_ms = (used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime) / mails * 1000
            click.echo(
                f"round {round_ + 1}: {rates[-1]:,.0f} mails/s, {cpu_ms:.2f} ms of CPU a mail,"
                f" {sink.connections.value - connections} new connections"
            )
        postroom.close()
    click.echo(f"median {statistics.median(rates):,.0f} mails/s, from {min(rates):,.0f} to {max(rates):,.0f}")


@click.command()
@click.option("--mails", default=3_000, show_default=True, help="A round; a multiple of 100.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--profile", is_flag=True, help="Print where the process spends its time.")
def main(mails: int, rounds: int, *, profile: bool) -> None:
    """Measure on a scratch database of the running stack."""
    with scratch_database(settings().database_url) as url, bulk_studio(url) as bulk, smtp_sink() as sink:
        bulk.members(mails * rounds)
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        measure(bulk, url, sink, rounds=rounds, mails=mails)
        if profile:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
