"""Show what an audit found, to people and to scripts."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.auditing import Verdict

SHOWN_MAX = 100  # differences shown on a terminal
CELL_MAX = 300  # characters of a value shown on a terminal


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as plain JSON values."""
    return {
        "ok": verdict.ok,
        "sessions": verdict.sessions,
        "commands": verdict.commands,
        "outcomes": dict(verdict.outcomes),
        "waiting": verdict.waiting,
        "bookings": verdict.bookings,
        "ledger_lines": verdict.ledger_lines,
        "notices": verdict.notices,
        "difference_count": verdict.difference_count,
        "differences": [
            {**asdict(one), "training_session_id": one.training_session_id and str(one.training_session_id)}
            for one in verdict.differences
        ],
    }


def print_verdict(verdict: Verdict, console: Console | None = None) -> None:
    """Print the verdict: what was compared, and each difference."""
    console = console or Console(highlight=False, soft_wrap=True)
    for name, count in _compared(verdict):
        console.print(f"  {name:<34}{count:>10,}")
    if verdict.waiting:
        console.print(f"  [yellow]{'commands that still wait':<34}{verdict.waiting:>10,}[/]")
    if verdict.ok:
        console.print(
            "[bold green]All is as the rules make it:[/] outcomes, order, receipts, rosters, passes, notices."
        )
        return
    table = Table("session", "position", "what", "expected", "found", title_justify="left")
    for one in verdict.differences[:SHOWN_MAX]:
        place = "" if one.position is None else str(one.position)
        cells = (str(one.training_session_id or ""), place, one.what, one.expected[:CELL_MAX], one.found[:CELL_MAX])
        table.add_row(*map(escape, cells))
    console.print(table)
    more = verdict.difference_count - min(len(verdict.differences), SHOWN_MAX)
    beyond = f", of which {more:,} are not shown" if more else ""
    console.print(f"[bold red]{verdict.difference_count:,} differences[/]{beyond}.")


def _compared(verdict: Verdict) -> list[tuple[str, int]]:
    return [
        ("sessions", verdict.sessions),
        ("commands decided again", verdict.commands),
        *((f"  {status}", count) for status, count in sorted(verdict.outcomes.items())),
        ("bookings", verdict.bookings),
        ("ledger lines", verdict.ledger_lines),
        ("notices", verdict.notices),
    ]
