"""How long one commit takes for a single client: the floor of whoever commits once a command."""

import statistics
import time

from benchmarks.results import Measurement
from benchmarks.stand.stand import Stand
from storage.database import connect

COMMITS = 200


def commits(stand: Stand, *, commit_ms: float) -> Measurement:
    """Measure it, with every commit made longer by so much; the figure shows that it is."""
    with connect(stand.database_url) as db, stand.commit_latency(commit_ms):
        db.execute("CREATE TABLE IF NOT EXISTS floor_of_commits (n int)")
        took = []
        for number in range(COMMITS):
            began = time.perf_counter()
            db.execute("INSERT INTO floor_of_commits VALUES (%s)", (number,))
            took.append((time.perf_counter() - began) * 1000)
        db.execute("DROP TABLE floor_of_commits")
    figures = {"commit_p50_ms": statistics.median(took), "commit_min_ms": min(took)}
    return Measurement("floor of a commit", "one client", {"commit_ms": commit_ms}, figures)
