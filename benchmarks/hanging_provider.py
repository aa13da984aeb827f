"""What commands feel of a mail server that hangs: accept to applied, beside the same stack with one that answers.

Starts a stack of its own whose mails go to a local SMTP server. In turns that server answers and hangs, while members
book at a steady pace, so that confirmations are due all the time:

    .venv/bin/python -m benchmarks.hanging_provider

Needs no running stack, and leaves nothing behind.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
from redis import Redis

from benchmarks.bulk import Bulk, bulk_studio
from benchmarks.smtp_sink import Sink, smtp_sink
from domain.commands import Actor, BookSeat
from domain.ids import CommandId, MemberId, PassId, TrainingSessionId
from ops.stack import PROJECT
from ops.stack.ports import free_port
from storage.command_log import NewCommand
from storage.identifiers import new_id

START_SECONDS_MAX = 90
REST_SECONDS = 3.0  # between two rounds, for what the one before left due


@contextmanager
def own_stack(sink: Sink) -> Iterator[dict[str, str]]:
    """Start a stack that sends its mails to the sink; yields what it wrote down about itself."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        plain = {name: value for name, value in os.environ.items() if not name.startswith("SEATLINE_")}
        environment = {
            **plain,
            "SEATLINE_PROVIDERS": "email=smtp",
            "SEATLINE_SMTP_URL": sink.url,
            "SEATLINE_MAIL_FROM": "studio@example.test",
        }
        command = [sys.executable, "-m", "ops", "up", "--no-seed", "--data", str(data), "--port", str(free_port())]
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + START_SECONDS_MAX
            while not (data / "stack.json").exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the stack did not start")
                time.sleep(0.1)
            yield json.loads((data / "stack.json").read_text())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def book_steadily(bulk: Bulk, redis: Redis, payers: Iterator[tuple[UUID, UUID]], *, count: int, pace: float) -> UUID:
    """Let members book, one each `pace` seconds, in a session of their own; return the session."""
    from workers import inbox  # noqa: PLC0415 - reads the settings of this benchmark's stack

    (session_id,) = bulk.sessions(1, capacity=count)
    began = time.perf_counter()
    for number in range(count):
        member_id, pass_id = next(payers)
        actor, wish = Actor(MemberId(member_id)), BookSeat(PassId(pass_id))
        inbox.accept(bulk.db, redis, NewCommand(CommandId(new_id()), TrainingSessionId(session_id), actor, wish))
        time.sleep(max(began + (number + 1) * pace - time.perf_counter(), 0.0))
    return session_id


def milliseconds_of(bulk: Bulk, session_id: UUID) -> list[float]:
    """Wait until the session's commands are applied; return how long each took, by the database's clock."""
    waiting = "SELECT count(*) FROM commands WHERE training_session_id = %s AND status = 'waiting'"
    while bulk.db.execute(waiting, (session_id,)).fetchone() != (0,):
        time.sleep(0.05)
    rows = bulk.db.execute(
        "SELECT extract(epoch FROM applied_at - accepted_at)::float8 * 1000 FROM commands"
        " WHERE training_session_id = %s",
        (session_id,),
    )
    return sorted(row[0] for row in rows)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share of the sorted values lies."""
    return values[min(int(len(values) * share), len(values) - 1)]


@click.command()
@click.option("--rounds", default=4, show_default=True, help="Of each kind, in turns.")
@click.option("--commands", default=500, show_default=True, help="Commands a round.")
@click.option("--pace", default=0.03, show_default=True, help="Seconds between two commands.")
def main(rounds: int, commands: int, pace: float) -> None:
    """Print the latencies of both kinds of round, and the ratio of their 99th percentiles."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    ratios = []
    with smtp_sink() as sink, own_stack(sink) as stack:
        os.environ.update({f"SEATLINE_{name.upper()}": str(stack[name]) for name in ("database_url", "redis_url")})
        os.environ["SEATLINE_SECRET_KEY"] = stack["secret_key"]
        redis = Redis.from_url(stack["redis_url"], decode_responses=True)
        with bulk_studio(stack["database_url"]) as bulk:
            bulk.members((2 * rounds + 1) * commands)
            bulk.settle_statistics()
            payers = iter(bulk.payers((2 * rounds + 1) * commands))
            book_steadily(bulk, redis, payers, count=commands, pace=pace)
            for round_ in range(1, rounds + 1):
                p99 = {}
                for hangs in (False, True):
                    sink.hang(yes=hangs)
                    time.sleep(REST_SECONDS)
                    values = milliseconds_of(bulk, book_steadily(bulk, redis, payers, count=commands, pace=pace))
                    unsent = "SELECT count(*) FROM deliveries WHERE status IN ('due', 'sending')"
                    assert not hangs or bulk.db.execute(unsent).fetchone() != (0,), "nothing was held up"
                    taken[hangs] += values
                    p99[hangs] = percentile(values, 0.99)
                ratios.append(p99[True] / p99[False])
                click.echo(f"round {round_}: p99 {p99[False]:.1f} ms, hanging {p99[True]:.1f} ms, {ratios[-1]:.2f}x")
    for hangs, values in taken.items():
        values.sort()
        kind = "a mail server that hangs" if hangs else "a mail server that answers"
        p50, p99_all = (percentile(values, share) for share in (0.5, 0.99))
        click.echo(f"{kind}: {len(values)} commands, p50 {p50:.1f} ms, p99 {p99_all:.1f} ms")
    overall = percentile(taken[True], 0.99) / percentile(taken[False], 0.99)
    click.echo(f"p99 hanging beside answering: {overall:.2f}x; by round, median {statistics.median(ratios):.2f}x")


if __name__ == "__main__":
    main()
