"""Several who do something at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from storage.database import Db, connect
from tests.integration.api.conftest import until

T = TypeVar("T")


def at_once(*asked: Callable[[], T]) -> list[T]:
    """Let each do it in a thread of their own, beginning together; return what came of it, in their order."""
    together = Barrier(len(asked))

    def ask(one: Callable[[], T]) -> T:
        together.wait()
        return one()

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(ask, asked))


def one_waits(url: str, first: Callable[[Db], T], second: Callable[[Db], T]) -> tuple[T, T]:
    """Let the second begin before the first commits, which it must wait for; return what came of both.

    What the second raises is raised.
    """
    with ThreadPoolExecutor(1) as pool, connect(url) as holder, connect(url) as other, connect(url) as watching:
        with holder.transaction():
            done = first(holder)
            waiting = pool.submit(second, other)
            until(lambda: waiting.done() or _somebody_waits(watching))
            assert not waiting.done(), "the second did not wait for the first"
        return done, waiting.result()


def _somebody_waits(db: Db) -> bool:
    row = db.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return row is not None and row[0] > 0
