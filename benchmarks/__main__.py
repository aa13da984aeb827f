"""`python -m benchmarks`: measure in one run, then write what was measured into the documentation.

    .venv/bin/python -m benchmarks all                     # everything at its full size, which takes long
    .venv/bin/python -m benchmarks all --scale 0.1         # the same, a tenth of the size
    .venv/bin/python -m benchmarks run rush backlog        # some of it
    .venv/bin/python -m benchmarks report FILE...          # write docs/performance.md and its charts

It needs nothing running. What each part does, and how to read what comes out, is in benchmarks/README.md.
"""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks.contenders import CONTENDERS
from benchmarks.plan import PARTS
from benchmarks.report import write_report
from benchmarks.results import Measurement, Results, put_together, read_results
from benchmarks.stand.stand import Stand, own_stand
from ops.stack import PROJECT
from storage.settings import settings

RESULTS = PROJECT / "bench-data" / "results"

_options = [
    click.option("--scale", default=1.0, show_default=True, help="Of all sizes; 0.1 is a tenth."),
    click.option("--rounds", default=3, show_default=True, help="Each part so often, in turns."),
    click.option(
        "--contender",
        "contenders",
        multiple=True,
        type=click.Choice(list(CONTENDERS)),
        help="Only these; more than once for several.",
    ),
    click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the results go, as JSON."),
]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Seatline beside its peers and the limits of database and server."""


def _measuring(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(_options):
        command = option(command)
    return command


@main.command(name="all")
@_measuring
def everything(scale: float, rounds: int, contenders: tuple[str, ...], out: Path | None) -> None:
    """Measure every part."""
    measure(list(PARTS), scale=scale, rounds=rounds, contenders=contenders or tuple(CONTENDERS), out=out)


@main.command()
@click.argument("parts", nargs=-1, required=True, type=click.Choice(list(PARTS)))
@_measuring
def run(parts: tuple[str, ...], scale: float, rounds: int, contenders: tuple[str, ...], out: Path | None) -> None:
    """Measure some PARTS."""
    measure(list(parts), scale=scale, rounds=rounds, contenders=contenders or tuple(CONTENDERS), out=out)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def report(files: tuple[Path, ...]) -> None:
    """Write the tables and charts of FILES, parts of one run, into docs/performance.md and docs/images."""
    for written in write_report(put_together([read_results(file) for file in files]), PROJECT / "docs"):
        click.echo(f"wrote {written.relative_to(PROJECT)}")


def measure(parts: list[str], *, scale: float, rounds: int, contenders: Iterable[str], out: Path | None) -> None:
    """Measure these parts so often, and keep what was measured after each."""
    out = out or RESULTS / f"{datetime.now(UTC):%Y-%m-%d-%H%M}.json"
    results = Results(scale)
    with tempfile.TemporaryDirectory() as folder, own_stand(Path(folder)) as stand:
        _settle_settings(stand)
        for number in range(1, rounds + 1):
            for part in parts:
                for measured in PARTS[part](stand, list(contenders), scale):
                    results.add([_of_round(measured, number)], out)
                    click.echo(_told(measured, number))
    click.echo(f"The results are in {out}.")


def _settle_settings(stand: Stand) -> None:
    """Let what runs in this process find the stand's servers."""
    os.environ["SEATLINE_DATABASE_URL"] = stand.database_url
    os.environ["SEATLINE_REDIS_URL"] = stand.data.redis_url
    os.environ["SEATLINE_SECRET_KEY"] = stand.data.folder.secret("secret_key")
    settings.cache_clear()


def _of_round(measured: Measurement, number: int) -> Measurement:
    return replace(measured, round=number)


def _told(measured: Measurement, number: int) -> str:
    parameters = " ".join(f"{name}={value}" for name, value in measured.parameters.items())
    shown = ("seconds", "rate_per_second", "accept_rate_per_second", "schedule_per_second", "cpu_ms_per_command")
    figures = " ".join(f"{name}={measured.figures[name]:.1f}" for name in shown if name in measured.figures)
    faults = f" FAULTS {measured.faults}" if measured.faults else ""
    return f"{number} {measured.scenario} [{measured.contender}] {parameters}: {figures}{faults}"


if __name__ == "__main__":
    main()
