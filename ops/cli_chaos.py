"""The command that breaks a system of its own on purpose: chaos."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.cli_data import FILE, FOLDER, PIPED_COLUMNS

if TYPE_CHECKING:
    from ops.chaos.plan import Fault


@click.command()
@click.option("--seconds", type=click.FloatRange(2, 3600), default=30.0, show_default=True, help="Faults and load.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same faults.")
@click.option(
    "--seeds", type=click.IntRange(1, 1000), default=1, show_default=True, help="So many runs, from --seed on."
)
@click.option("--faults", default="", help="Their names with commas between; all unless given.")
@click.option("--lasting", type=click.FloatRange(0.1, 3600), help="How long each fault lasts that is not over at once.")
@click.option("--list", "lists", is_flag=True, help="Show the faults there are, and run nothing.")
@click.option("--clients", type=click.IntRange(1, 500), default=24, show_default=True, help="Requests at once.")
@click.option("--folder", type=FOLDER, help="Keep servers, logs and history here; must be empty.")
@click.option("--json", "json_file", type=FILE, help="Write the reports as JSON into this file.")
def chaos(
    *, seconds: float, seed: int, seeds: int, faults: str, lasting: float | None, lists: bool, clients: int,
    folder: Path | None, json_file: Path | None,
) -> None:  # fmt: skip
    """Start a system of its own, break it in many ways under load, and check that every promise was kept."""
    from ops.chaos.faults import FAULTS  # noqa: PLC0415 - loads the stack and the HTTP client
    from ops.chaos.report import plain_report, print_report, print_runs  # noqa: PLC0415
    from ops.chaos.run import ChaosPlan, run_chaos  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_COLUMNS)
    if lists:
        table = Table("fault", "what it does", box=None)
        for fault in FAULTS.values():
            table.add_row(fault.name, fault.meaning)
        console.print(table)
        return
    chosen = _chosen(faults, lasting, seconds)
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"The folder {folder} is not empty; a run begins with a new one.")
    watched = Console(stderr=True, highlight=False, soft_wrap=True)
    reports = []
    for one in range(seed, seed + seeds):
        plan = ChaosPlan(one, seconds, chosen, clients)
        with watched.status(f"Seed {one}: setting the stage") as status:
            report = run_chaos(
                plan,
                folder=None if folder is None else folder / f"seed-{one}",
                tell=lambda line: watched.print(escape(line)),
                status=lambda line, one=one: status.update(f"Seed {one}: {line}"),  # type: ignore[misc]
            )
        print_report(report, console)
        reports.append(report)
        if json_file is not None:
            json_file.write_text(json.dumps([plain_report(each) for each in reports], indent=1) + "\n")
    if seeds > 1:
        print_runs(reports, console)
    if not all(report.ok for report in reports):
        sys.exit(1)


def _chosen(names: str, lasting: float | None, seconds: float) -> "list[Fault]":
    from ops.chaos.faults import FAULTS  # noqa: PLC0415 - as above
    from ops.chaos.plan import QUIET_SECONDS, prolonged  # noqa: PLC0415

    named = [name.strip() for name in names.split(",") if name.strip()] or list(FAULTS)
    unknown = [name for name in named if name not in FAULTS]
    if unknown:
        raise click.UsageError(f"There is no fault {unknown[0]!r}; `seatline chaos --list` shows those there are.")
    if lasting is None:
        return [FAULTS[name] for name in named]
    if lasting + QUIET_SECONDS > seconds:
        raise click.UsageError(f"A fault of {lasting:g} s has no place in a run of {seconds:g} s: see --seconds.")
    return [prolonged(FAULTS[name], lasting) for name in named]
