"""`seatline workers`: each worker process, the queues it reads and what it is busy with, by its own word."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from workers.heartbeat import GONE_AFTER_SECONDS, Worker


def plain_workers(workers: Sequence[Worker]) -> str:
    """Return the workers as one line of JSON; instants are Unix seconds by each worker's own clock."""
    return json.dumps({"workers": [asdict(one) for one in workers]})


def workers_table(workers: Sequence[Worker]) -> Table:
    """Return the workers as a table for a terminal, with what they settled together below."""
    settled = sum(one.settled for one in workers)
    caption = f"{len(workers)} processes settled {settled:,} commands in the last minute."
    if not workers:
        caption = f"No worker said a word within the last {GONE_AFTER_SECONDS} s."
    columns = ("worker", "host", "pid", "queues", "busy with", "for", "settled in 60 s")
    table = Table(*columns, caption=caption, caption_justify="left")
    for column in (table.columns[2], *table.columns[5:]):
        column.justify = "right"
    for one in workers:
        busy = " ".join(filter(None, (one.busy_with, one.session_id))) or "-"
        since = "" if one.busy_since is None else f"{max(time.time() - one.busy_since, 0.0):.1f} s"
        table.add_row(one.name, one.host, str(one.pid), ",".join(one.queues), busy, since, f"{one.settled:,}")
    return table
