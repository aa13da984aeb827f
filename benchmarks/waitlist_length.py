"""Whether a command costs the same with 100 and with 100,000 people on the waitlist.

Two sessions stand in one database, one with a short line and one with a long one. In turns, the same mixture is
applied to each: half are bookings that join the line, a quarter cancellations that promote its head, a quarter
members who leave it:

    .venv/bin/python -m benchmarks.waitlist_length
"""

import itertools
import statistics
import time
from uuid import UUID

import click

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.hot_session import serve_in_batches
from storage.settings import settings

CAPACITY = 2_000


def full_session(bulk: Bulk, url: str, *, waitlist: int, first_member: int) -> UUID:
    """Make a session whose places are taken and whose line has this length."""
    (session_id,) = bulk.sessions(1, capacity=CAPACITY)
    bulk.ask_for_seats(session_id, first_member, first_member + CAPACITY + waitlist - 1)
    serve_in_batches(url, session_id)
    return session_id


def seconds_per_command(bulk: Bulk, url: str, session_id: UUID, *, commands: int, first_member: int) -> float:
    """Apply commands that leave the line as long as it was, and return the time a command takes."""
    joining = commands // 2
    bulk.ask_for_seats(session_id, first_member, first_member + joining - 1)
    bulk.ask_to_cancel(session_id, "confirmed", joining // 2)
    bulk.ask_to_cancel(session_id, "waitlisted", joining // 2)
    began = time.perf_counter()
    settled = serve_in_batches(url, session_id)
    seconds = time.perf_counter() - began
    assert settled == joining + joining // 2 * 2
    return seconds / settled


@click.command()
@click.option("--short", default=100, show_default=True)
@click.option("--long", default=100_000, show_default=True)
@click.option("--commands", default=200, show_default=True, help="Commands applied to each session, a round.")
@click.option("--rounds", default=25, show_default=True)
def main(short: int, long: int, commands: int, rounds: int) -> None:
    """Print the time a command takes on either session and the ratio, round by round."""
    joining = commands // 2
    everybody = 2 * CAPACITY + short + long
    with scratch_database(settings().database_url) as url, bulk_studio(url) as bulk:
        bulk.members(everybody + 2 * (rounds + 1) * joining)
        fresh = itertools.count(everybody + 1, joining)
        few = full_session(bulk, url, waitlist=short, first_member=1)
        many = full_session(bulk, url, waitlist=long, first_member=CAPACITY + short + 1)
        bulk.settle_statistics()
        ratios = []
        for round_ in range(rounds + 1):
            took = [
                seconds_per_command(bulk, url, session_id, commands=commands, first_member=next(fresh))
                for session_id in (few, many)
            ]
            if round_ == 0:
                continue  # the first one warms caches up
            ratios.append(took[1] / took[0])
            click.echo(
                f"round {round_}: {took[0] * 1e6:.0f} us with about {short} waiting, {took[1] * 1e6:.0f} us with about"
                f" {long:,}, ratio {ratios[-1]:.2f}"
            )
    click.echo(f"ratio: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
