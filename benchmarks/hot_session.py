"""How fast one hot session with 20,000 waiting commands is served, beside one transaction for each command.

Both ways use the same rules, tables, constraints and journal; the other one locks with SELECT ... FOR UPDATE and
commits after each command, as a handler inside a request does. The two take turns on the same database:

    .venv/bin/python -m benchmarks.hot_session
"""

import statistics
import time
from uuid import UUID

import click

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from domain.ids import TrainingSessionId
from storage.database import WORKER_TIMEOUTS, Db, connect, open_pool
from storage.session_rows import lock_training_session
from storage.settings import settings
from workers import batch, lane
from workers.batch import CommittedBatch
from workers.resources import redis_client

CAPACITY = 100


def serve_in_batches(database_url: str, session_id: UUID) -> int:
    """Serve the session as workers do, turn after turn; return how many commands were settled."""
    settled = 0
    with open_pool(database_url, WORKER_TIMEOUTS, size_max=1) as pool:
        while served := lane.serve(pool, redis_client(), TrainingSessionId(session_id)).commands:
            settled += served
    return settled


def serve_one_by_one(db: Db, session_id: UUID, limit: int) -> int:
    """Apply commands in one transaction each, under SELECT ... FOR UPDATE."""
    for number in range(limit):
        with db.transaction():
            db.execute("SELECT 1 FROM training_sessions WHERE id = %s FOR UPDATE", (session_id,))
            locked = lock_training_session(db, TrainingSessionId(session_id))
            assert locked is not None
            if not isinstance(batch.settle_locked(db, locked, limit=1), CommittedBatch):
                return number
    return limit


def a_hot_session(bulk: Bulk, commands: int, members: int) -> UUID:
    """Make a session with that many commands waiting: everybody books, then some who got a place cancel."""
    (session_id,) = bulk.sessions(1, capacity=CAPACITY)
    bulk.ask_for_seats(session_id, 1, min(commands, members))
    return session_id


@click.command()
@click.option("--commands", default=20_000, show_default=True)
@click.option("--one-by-one", default=2_000, show_default=True, help="Commands served the other way, a round.")
@click.option("--rounds", default=3, show_default=True)
def main(commands: int, one_by_one: int, rounds: int) -> None:
    """Print both rates and their ratio, round by round."""
    ratios = []
    with scratch_database(settings().database_url) as url, bulk_studio(url) as bulk, connect(url) as db:
        bulk.members(commands)
        for round_ in range(1, rounds + 1):
            batched, single = (a_hot_session(bulk, commands, commands) for _ in range(2))
            bulk.settle_statistics()
            began = time.perf_counter()
            assert serve_in_batches(url, batched) == commands
            batched_rate = commands / (time.perf_counter() - began)
            began = time.perf_counter()
            assert serve_one_by_one(db, single, one_by_one) == one_by_one
            single_rate = one_by_one / (time.perf_counter() - began)
            ratios.append(batched_rate / single_rate)
            click.echo(
                f"round {round_}: in batches {batched_rate:,.0f}/s, one by one {single_rate:,.0f}/s,"
                f" ratio {ratios[-1]:.1f}"
            )
    click.echo(f"ratio: median {statistics.median(ratios):.1f}, from {min(ratios):.1f} to {max(ratios):.1f}")


if __name__ == "__main__":
    main()
