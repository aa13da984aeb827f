"""Show what became of a replay, to people and to scripts."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.latencies import milliseconds, summed_up
from ops.replay import Replayed

ERRORS_SHOWN = 20


def plain_report(replayed: Replayed) -> dict[str, Any]:
    """Return the report as plain JSON values; latencies in seconds."""
    return {
        "ok": replayed.complete,
        "commands": replayed.count,
        "outcomes": [
            {"kind": kind, "status": status, "reasons": reasons.split(), "count": count}
            for (kind, status, reasons), count in sorted(replayed.counts().items())
        ],
        "seconds": replayed.seconds,
        "outcome_seconds": asdict(summed_up([one.seconds for one in replayed.done if not one.error])),
        "errors": [{"number": one.order.number, "error": one.error} for one in replayed.errors()],
    }


def print_report(replayed: Replayed, console: Console | None = None) -> None:
    """Print the outcomes by kind, status and reasons, the latencies, and what has no outcome."""
    console = console or Console(highlight=False, soft_wrap=True)
    table = Table("kind", "outcome", "reasons", "commands")
    table.columns[-1].justify = "right"
    for (kind, status, reasons), count in sorted(replayed.counts().items()):
        table.add_row(kind, status, reasons, f"{count:,}")
    console.print(table)
    latencies = summed_up([one.seconds for one in replayed.done if not one.error])
    rate = len(replayed.done) / replayed.seconds if replayed.seconds else 0.0
    console.print(
        f"{len(replayed.done):,} of {replayed.count:,} commands in {replayed.seconds:.1f} s ({rate:,.0f} a second); "
        f"from sending to outcome p50 {milliseconds(latencies.p50)}, p99 {milliseconds(latencies.p99)}, "
        f"max {milliseconds(latencies.longest)}."
    )
    for one in replayed.errors()[:ERRORS_SHOWN]:
        console.print(f"[bold red]number {one.order.number}[/] in {one.order.session_key}: {escape(one.error)}")
    if replayed.complete:
        console.print("[bold green]Each command has exactly one outcome.[/]")
    else:
        console.print("[bold red]Not every command has an outcome.[/] Start the same replay again: it repeats nothing.")
