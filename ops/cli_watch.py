"""The commands that look at a running Seatline: audit, lanes, workers, doctor, rush."""

import json
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from redis import Redis
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from domain.ids import TrainingSessionId
from ops.auditing import audit as audit_sessions
from ops.cli_data import as_json, progress
from ops.lanes import lanes_table, plain_lanes, read_lanes
from ops.verdict_report import plain_verdict, print_verdict
from ops.worker_processes import plain_workers, workers_table
from storage import journal
from storage.database import connect
from storage.settings import settings
from workers.heartbeat import workers_now

WATCH_SECONDS = 1.0


@click.command()
@click.argument("session_id", type=click.UUID, required=False)
@click.option("--all", "everything", is_flag=True, help="Audit every session and every pass.")
@as_json
def audit(session_id: UUID | None, *, everything: bool, as_json: bool) -> None:
    """Live the journal of SESSION_ID, or of all sessions, again by the rules and compare everything."""
    if everything == (session_id is not None):
        raise click.UsageError("Give either the id of a session or --all.")
    with connect(settings().database_url) as db, progress() as bar:
        task = bar.add_task("Sessions", total=1 if session_id else journal.count_sessions(db))
        ids = [TrainingSessionId(session_id)] if session_id else None
        verdict = audit_sessions(db, ids, advance=lambda count: bar.advance(task, count))
    if as_json:
        click.echo(json.dumps(plain_verdict(verdict)))
    else:
        print_verdict(verdict)
    if not verdict.ok:
        sys.exit(1)


@click.command()
@click.option("--watch", is_flag=True, help="Show it again every second until Ctrl-C.")
@as_json
def lanes(*, watch: bool, as_json: bool) -> None:
    """Show each session with commands waiting, and whether a worker was called for it."""
    redis = Redis.from_url(settings().redis_url, decode_responses=True, socket_timeout=5, socket_connect_timeout=2)
    with connect(settings().database_url) as db:
        if as_json:
            while True:
                click.echo(plain_lanes(read_lanes(db, redis)))
                if not watch:
                    return
                time.sleep(WATCH_SECONDS)
        if not watch:
            Console(highlight=False).print(lanes_table(read_lanes(db, redis)))
            return
        with suppress(KeyboardInterrupt), Live(lanes_table(read_lanes(db, redis)), screen=True) as live:
            while True:
                time.sleep(WATCH_SECONDS)
                live.update(lanes_table(read_lanes(db, redis)))


@click.command()
@click.option("--here", is_flag=True, help="Only those of this machine or container.")
@as_json
def workers(*, here: bool, as_json: bool) -> None:
    """Show each worker process, the queues it reads and the session it serves."""
    redis = Redis.from_url(settings().redis_url, decode_responses=True, socket_timeout=5, socket_connect_timeout=2)
    found = [one for one in workers_now(redis) if not here or one.host == socket.gethostname()]
    if as_json:
        click.echo(plain_workers(found))
    else:
        Console(highlight=False).print(workers_table(found))
    if not found:
        sys.exit(1)


@click.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Look at settings, packages, database, Redis, API, workers and notifications, and say what to do."""
    from ops.doctor import examine  # noqa: PLC0415 - loads Celery

    findings = []
    console = Console(highlight=False, soft_wrap=True)
    for finding in examine(settings()):
        findings.append(finding)
        if not as_json:
            mark = "[green]✓[/]" if finding.well else "[bold red]✗[/]"
            console.print(f"{mark} {finding.name:<12} {escape(finding.found)}")
            if not finding.well:
                console.print(f"  {'':<12} [bold]{escape(finding.advice)}[/]")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    if not all(finding.well for finding in findings):
        sys.exit(1)


@click.command()
@click.option("--members", type=click.IntRange(1, 100_000), default=1500, show_default=True)
@click.option("--sessions", type=click.IntRange(1, 1000), default=4, show_default=True)
@click.option("--clients", type=click.IntRange(1, 2000), default=100, show_default=True, help="Requests at once.")
@click.option(
    "--cancel-share", type=click.FloatRange(0, 1), default=0.25, show_default=True, help="Of the bookings, given back."
)
@click.option("--seconds-max", type=click.FloatRange(1), default=120.0, show_default=True, help="Stop sending then.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the report as an HTML page.")
@as_json
def rush(
    *,
    members: int,
    sessions: int,
    clients: int,
    cancel_share: float,
    seconds_max: float,
    report: Path | None,
    as_json: bool,
) -> None:
    """Let members storm sessions over HTTP, then check that the line was kept."""
    from ops.rush import report as reports  # noqa: PLC0415 - loads the API and the HTTP client
    from ops.rush.page import write_page  # noqa: PLC0415
    from ops.rush.run import RushSize, rush  # noqa: PLC0415
    from ops.rush.storm import StormPlan  # noqa: PLC0415

    done = rush(settings(), RushSize(members, sessions), StormPlan(clients, cancel_share, seconds_max))
    if report is not None:
        write_page(report, done)
    if as_json:
        click.echo(json.dumps(reports.plain_report(done)))
    else:
        reports.print_report(done)
        if report is not None:
            click.echo(f"The report is in {report}.")
    if not done.ok:
        sys.exit(1)


WATCH_COMMANDS = (audit, lanes, workers, doctor, rush)
