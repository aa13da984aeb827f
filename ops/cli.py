"""The `seatline` command: its groups of commands, and the one place that turns trouble into a sentence."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click
import psycopg
import redis
from rich.console import Console
from rich.markup import escape

from ops.cli_accounts import ACCOUNTS_COMMANDS
from ops.cli_chaos import chaos
from ops.cli_data import DATA_COMMANDS
from ops.cli_deliveries import deliveries
from ops.cli_passes import PASSES_COMMANDS
from ops.cli_watch import WATCH_COMMANDS
from ops.cli_webhooks import webhooks
from ops.errors import OperatorError
from ops.stack.errors import StackError
from storage.process_roles import make_roles
from storage.settings import SettingsError, settings

PORT_MAX = 65_535
WORKERS_MAX = 64


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seatline", prog_name="seatline")
def seatline() -> None:
    """Books places in training sessions, fairly and exactly."""


@seatline.command()
@click.option("--port", envvar="SEATLINE_PORT", type=click.IntRange(1, PORT_MAX), default=8000, show_default=True)
@click.option(
    "--data",
    envvar="SEATLINE_DATA",
    type=click.Path(path_type=Path),
    default=Path(".seatline"),
    show_default=True,
    help="The folder where everything is kept.",
)
@click.option("--workers", envvar="SEATLINE_WORKERS", type=click.IntRange(1, WORKERS_MAX), default=2, show_default=True)
@click.option("--no-seed", envvar="SEATLINE_NO_SEED", is_flag=True, help="Leave an empty database empty.")
def up(port: int, data: Path, workers: int, *, no_seed: bool) -> None:
    """Start everything on this machine: database, queue, API, workers. Ctrl-C stops it."""
    from ops.stack.supervisor import run_stack  # noqa: PLC0415 - other commands start without loading the stack

    sys.exit(run_stack(data=data, port=port, workers=workers, seed=not no_seed))


@seatline.command()
def migrate() -> None:
    """Bring the database to the newest schema, as its owner; give each process's role its rights.

    SEATLINE_ROLE_PASSWORDS (`api=... worker=... notifier=...`) makes the roles first, or changes their passwords.
    """
    from storage.migrate import upgrade  # noqa: PLC0415 - Alembic is slow to load

    make_roles(settings().database_url, settings().role_passwords)
    roles = upgrade(settings().database_url)
    click.echo("The database has the newest schema.")
    click.echo(f"{', '.join(roles)} may do what their processes do." if roles else "No process has a role of its own.")


@seatline.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure Seatline beside its peers and the limits of its machine; `seatline bench --help` says how."""
    try:
        benchmarks = import_module("benchmarks.__main__")
    except ModuleNotFoundError as error:
        if error.name != "benchmarks":
            raise
        raise OperatorError(
            "The benchmarks are not part of the installed package. "
            "Run this from a checkout of Seatline, installed with `python3 run.py setup --dev`."
        ) from None
    benchmarks.main(args=list(arguments) or ["--help"], prog_name="seatline bench")


for command in (*DATA_COMMANDS, *ACCOUNTS_COMMANDS, *WATCH_COMMANDS, *PASSES_COMMANDS, chaos, deliveries, webhooks):
    seatline.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 when all is well, 1 with one clear sentence when not, 2 for a wrong option."""
    try:
        seatline.main(args=None if arguments is None else list(arguments), prog_name="seatline")
    except (SettingsError, StackError) as error:
        _fail(str(error))
    except OperatorError as error:
        _fail(str(error), error.details)
    except psycopg.errors.UndefinedTable:
        _fail("The database has no schema yet, or an old one. Run `seatline migrate`.")
    except psycopg.errors.InsufficientPrivilege as error:
        reason = str(error).strip().splitlines()[0]
        _fail(
            f"This role may not do that ({reason}). Set SEATLINE_DATABASE_URL to the address of the database's owner."
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        _fail(f"The database does not answer ({reason}). Is it running, and is SEATLINE_DATABASE_URL right?")
    except redis.RedisError as error:
        _fail(f"Redis does not answer ({error}). Is it running, and is SEATLINE_REDIS_URL right?")


def _fail(sentence: str, details: Sequence[str] = ()) -> None:
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"[bold red]Error:[/] {escape(sentence)}")
    for detail in details:
        console.print(f"  {escape(detail)}")
    sys.exit(1)
