"""The live display of a rush: one line of counts that grows while the storm lasts."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from ops.rush.storm import Storm

PER_SECOND = 8
BAR_WIDTH = 40


@contextmanager
def shown(storm: Storm) -> Iterator[None]:
    """Show the storm on standard error while it lasts, if somebody looks."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield
        return
    began = time.monotonic()
    with Live(get_renderable=lambda: _display(storm, time.monotonic() - began), console=console,
              refresh_per_second=PER_SECOND, transient=True):  # fmt: skip
        yield


def _display(storm: Storm, seconds: float) -> Table:
    settled = len(storm.statuses)
    grid = Table.grid(padding=(0, 3))
    rate = settled / seconds if seconds > 0 else 0.0
    grid.add_row(
        ProgressBar(total=max(storm.planned, 1), completed=settled, width=BAR_WIDTH),
        f"{settled:,} of {storm.planned:,}",
        f"[green]{storm.seen['confirmed']:,} confirmed[/]",
        f"[yellow]{storm.seen['waitlisted']:,} waitlisted[/]",
        f"{storm.seen['cancelled']:,} cancelled",
        f"[red]{storm.seen['refused']:,} refused[/]",
        f"{storm.sent - settled - len(storm.errors):,} under way",
        f"{rate:,.0f}/s",
    )
    return grid
