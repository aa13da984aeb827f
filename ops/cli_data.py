"""The commands that put data in and take data out: seed, import, export, replay, token."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ops.errors import OperatorError
from ops.export import export_folder
from ops.importing import import_folder
from storage.database import connect
from storage.intake import member_by_email
from storage.queries.members import token_generations
from storage.settings import settings

PIPED_COLUMNS = 240
UUID_CHARACTERS = 36  # an id that is cut cannot be copied

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script to read.")


def progress() -> Progress:
    """Return a progress bar on standard error that counts what is done; silent where nobody looks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal, or where there is none, wide enough to be searched line by line."""
    Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_COLUMNS).print(table)


@click.command()
def seed() -> None:
    """Fill an empty database with a demo studio and print its sign-ins."""
    from ops.seed import seed_demo  # noqa: PLC0415 - loads the API's password hashing

    lines = seed_demo()
    for line in lines or ["There is a studio already; nothing was changed."]:
        click.echo(line)


@click.command("import")
@click.argument("folder", type=FOLDER)
@click.option("--name", help="The studio's name, if this import makes it.")
@click.option("--time-zone", help="The studio's IANA time zone, if this import makes it (default Europe/Kyiv).")
@as_json
def import_(folder: Path, name: str | None, time_zone: str | None, *, as_json: bool) -> None:
    """Import schedule.csv and members.csv from FOLDER: all of it or nothing."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with connect(settings().database_url) as db, console.status("Importing ..."):
        imported = import_folder(db, folder, name=name, time_zone=time_zone)
    for warning in imported.warnings:
        console.print(f"[yellow]Warning:[/] {escape(warning)}")
    if as_json:
        click.echo(json.dumps(asdict(imported)))
        return
    if not any(imported.added.values()):
        click.echo("Nothing to import: the database has all of it already, and nothing differs.")
    for kind, count in imported.added.items():
        already = imported.unchanged[kind]
        click.echo(f"{kind.removeprefix('training_'):<9}{count:>8} added{f', {already} there already' * bool(already)}")


@click.command()
@click.argument("folder", type=FOLDER)
@as_json
def export(folder: Path, *, as_json: bool) -> None:
    """Write rosters.csv and passes.csv into FOLDER."""
    with connect(settings().database_url) as db:
        exported = export_folder(db, folder)
    if as_json:
        click.echo(json.dumps(asdict(exported)))
    else:
        click.echo(
            f"{folder / 'rosters.csv'}: {exported.rosters} lines\n{folder / 'passes.csv'}: {exported.passes} lines"
        )


@click.command()
@click.argument("file", type=FILE)
@click.option("--url", help="The address of the API (default: the one this machine's settings name).")
@click.option("--concurrency", type=click.IntRange(1, 1000), default=32, show_default=True, help="Sessions at once.")
@as_json
def replay(file: Path, url: str | None, concurrency: int, *, as_json: bool) -> None:
    """Send the commands of FILE through the API as their members. A second replay repeats nothing."""
    from ops.replay import replay_commands  # noqa: PLC0415 - loads the API and the HTTP client
    from ops.replay_file import load  # noqa: PLC0415
    from ops.replay_report import plain_report, print_report  # noqa: PLC0415

    with connect(settings().database_url) as db:
        plan = load(db, file)
    with progress() as bar:
        task = bar.add_task("Commands", total=plan.count)
        replayed = asyncio.run(
            replay_commands(plan, settings(), url=url, concurrency=concurrency, advance=lambda: bar.advance(task))
        )
    if as_json:
        click.echo(json.dumps(plain_report(replayed)))
    else:
        print_report(replayed)
    if not replayed.complete:
        sys.exit(1)


@click.command()
@click.argument("email")
def token(email: str) -> None:
    """Print an access token of the member with this e-mail address, for scripts and tests."""
    from api.auth import make_token  # noqa: PLC0415 - loads the API

    with connect(settings().database_url) as db:
        member = member_by_email(db, email)
        if member is None:
            raise OperatorError(f"No member has the e-mail address {email!r}. Is it the right database?")
        generation = token_generations(db, [member.id]).get(member.id, 0)
    click.echo(make_token(settings(), member.id, generation))


DATA_COMMANDS = (seed, import_, export, replay, token)
