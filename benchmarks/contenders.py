"""Who is compared: Seatline and its peers, each with its schema, its web application and its workers."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.util import find_spec

from benchmarks.bulk import Bulk, bulk_studio
from benchmarks.peers.studio import PeerStudio, peer_studio
from benchmarks.peers.tables import create_schema
from ops.stack.child import ChildSpec
from ops.stack.settings import StackSettings, web, workers
from storage.migrate import upgrade

Studio = Bulk | PeerStudio


@dataclass(frozen=True)
class Contender:
    """One way to take bookings. `queues` says that a command may be answered before its outcome is there."""

    name: str
    told: str
    prepare: Callable[[str], object]
    studio: Callable[[str], AbstractContextManager[Studio]]
    application: str
    workers: Callable[[StackSettings, int], list[ChildSpec]]
    queues: bool = True

    def web(self, stack: StackSettings) -> ChildSpec:
        """Return the web server: the same for all but for the application it serves."""
        usual = web(stack)
        return replace(usual, program=[*usual.program[:-1], self.application])


def seatline_workers(stack: StackSettings, processes: int) -> list[ChildSpec]:
    """Return worker and beat. The notifier stays out: no peer tells anybody anything."""
    return [spec for spec in workers(stack, 1, processes=processes) if spec.name != "notifier"]


def _no_workers(_stack: StackSettings, _processes: int) -> list[ChildSpec]:
    return []


def _like_seatlines(stack: StackSettings, name: str, *arguments: str) -> ChildSpec:
    """Return a worker with the environment that every process of the stack gets."""
    return replace(web(stack), name=name, program=[sys.executable, "-m", *arguments], stop_seconds=5.0)


def _celery_workers(stack: StackSettings, processes: int) -> list[ChildSpec]:
    arguments = ("celery", "-A", "benchmarks.peers.celery_lock", "worker", "--concurrency", str(processes))
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")
    return [_like_seatlines(stack, "worker1", *arguments, *quiet)]


def _procrastinate_workers(stack: StackSettings, processes: int) -> list[ChildSpec]:
    module = "benchmarks.peers.procrastinate_lock"
    return [_like_seatlines(stack, f"worker{n}", module) for n in range(1, processes + 1)]


def _with_procrastinate(database_url: str) -> None:
    from procrastinate import App, SyncPsycopgConnector  # noqa: PLC0415 - the extra `bench` may not be installed

    create_schema(database_url)
    with App(connector=SyncPsycopgConnector(conninfo=database_url)).open() as app:
        app.schema_manager.apply_schema()


def _peer(name: str, told: str, **special: object) -> Contender:
    usual = Contender(name, told, create_schema, peer_studio, f"benchmarks.peers.{name}:create_app()", _no_workers)
    return replace(usual, **special)  # type: ignore[arg-type] # the callers below name real fields


SEATLINE = Contender("seatline", "Seatline", upgrade, bulk_studio, "api.app:create_app()", seatline_workers)
USUAL = _peer("usual", "Flask + SQLAlchemy, row lock", queues=False)
CELERY = _peer("celery_lock", "a Celery task a command, Redis lock", workers=_celery_workers)
PROCRASTINATE = _peer(
    "procrastinate_lock", "procrastinate, lock=session", prepare=_with_procrastinate, workers=_procrastinate_workers
)
EMPTY_ROUTE = _peer(
    "empty_route", "an empty route", application="benchmarks.floors.empty_route:create_app()", queues=False
)

CONTENDERS = {
    one.name: one
    for one in (SEATLINE, USUAL, CELERY, PROCRASTINATE)
    if one is not PROCRASTINATE or find_spec("procrastinate")
}
"""By name; procrastinate is among them where the extra `bench` is installed."""
