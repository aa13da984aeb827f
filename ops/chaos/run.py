"""One run: set the stage, let clients ask, strike, wait until all is settled, check."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import LiteralString

from ops.auditing import audit
from ops.chaos.books import read_books
from ops.chaos.check import check
from ops.chaos.faults import NEED_CLOCKS
from ops.chaos.links import Network
from ops.chaos.load import Load
from ops.chaos.plan import Fault, Strike, schedule
from ops.chaos.report import ChaosReport, Recovery, Struck, report_of
from ops.chaos.stage import Stage, own_environment
from storage.database import Db

PATIENCE_SECONDS = 60.0  # after the last fault, for everything to be settled
GLANCE_SECONDS = 0.02
LEASES_ALONE_SECONDS = 3.0  # deliveries that nobody moved for so long belong to a notifier that is gone

Tell = Callable[[str], None]
"""Shows a line to whoever watches."""


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """What a run does: which seed, for how many seconds, with which faults and how many clients."""

    seed: int
    seconds: float
    faults: Sequence[Fault]
    clients: int


def run_chaos(plan: ChaosPlan, *, folder: Path | None, tell: Tell, status: Tell) -> ChaosReport:
    """Run it, and return the report. `folder` keeps servers, logs and history; without one nothing is kept.

    Must be called in the main thread. Whatever ends it, the processes end too.
    """
    with _folder(folder) as data, own_environment(), Network() as network, Stage(data / "data", network) as stage:
        tell("The stage is set: " + stage.servers.described())
        load = Load(stage.url, stage.tokens(), stage.scene, plan.clients, plan.seed)
        asking = network.start(load.run())
        storm = _Storm(stage, load, tell, status)
        faults = [fault for fault in plan.faults if stage.clocks or fault.name not in NEED_CLOCKS]
        storm.blow(schedule(plan.seed, plan.seconds, faults), plan.seconds)
        ended_at = time.monotonic()
        load.gives_up_at = ended_at + PATIENCE_SECONDS
        load.stopping = True
        with stage.db() as db:
            recovery = Recovery()
            _wait_until_settled(stage, db, asking.done, recovery, ended_at)
            asking.result()
            _wait_until_told(stage, db, recovery, ended_at)
            tell("Checking ...")
            books = read_books(db, data / "data" / "logs" / "notifier.log")
            verdict = audit(db)
        damages = check(load.history, books, verdict)
        if folder is not None:
            lines = (json.dumps(asdict(asked), default=str) for asked in load.history)
            (data / "history.jsonl").write_text("\n".join(lines) + "\n")
        return report_of(
            load.history,
            books,
            seed=plan.seed,
            seconds=plan.seconds,
            struck=storm.struck,
            recovery=recovery,
            damages=damages,
            ended_by_themselves=stage.ended_by_themselves,
            left_out=[fault.name for fault in plan.faults if fault not in faults],
        )


@dataclass
class _Storm:
    """The faults of a run, one after the other and some beside each other."""

    stage: Stage
    load: Load
    tell: Tell
    status: Tell
    struck: list[Struck] = field(default_factory=list)
    _under_way: list[tuple[float, Struck, AbstractContextManager[None]]] = field(default_factory=list)

    def blow(self, strikes: Sequence[Strike], seconds: float) -> None:
        """Do all of them, and mend everything at the end, also where this is broken off."""
        began = time.monotonic()
        waiting = list(strikes)
        try:
            while waiting or self._under_way or time.monotonic() < began + seconds:
                self._end_what_is_over()
                if waiting and time.monotonic() >= began + waiting[0].at and self._is_free(waiting[0].target):
                    self._begin(waiting.pop(0), time.monotonic() - began)
                self.stage.keep()
                self.status(f"{time.monotonic() - began:.0f} s, {len(self.load.history):,} commands sent, "
                            f"{self.load.answered:,} answered")  # fmt: skip
                time.sleep(GLANCE_SECONDS)
        finally:
            for _, struck, context in self._under_way:
                self._end(struck, context)

    def _is_free(self, target: str) -> bool:
        """Whether no fault has this target in hand: mending one may take longer than planned, and puts others off."""
        return all(struck.strike.target != target for _, struck, _ in self._under_way)

    def _begin(self, strike: Strike, at: float) -> None:
        lasts = f" for {strike.seconds:.1f} s" if strike.seconds else ""
        self.tell(f"{at:6.1f} s  {strike.fault.name}: {strike.target}{lasts}")
        context = strike.fault.strike(self.stage, strike)
        context.__enter__()
        self._under_way.append((time.monotonic() + strike.seconds, Struck(strike, time.time()), context))

    def _end_what_is_over(self) -> None:
        over = [one for one in self._under_way if one[0] <= time.monotonic()]
        for one in over:
            self._under_way.remove(one)
            self._end(one[1], one[2])

    def _end(self, struck: Struck, context: AbstractContextManager[None]) -> None:
        context.__exit__(None, None, None)
        struck.ended_at = time.time()
        self.struck.append(struck)


def _wait_until_settled(
    stage: Stage, db: Db, all_answered: Callable[[], bool], recovery: Recovery, since: float
) -> None:
    """Wait until no command waits and no client does."""
    while time.monotonic() < since + PATIENCE_SECONDS:
        stage.keep()
        if all_answered() and _count(db, "SELECT count(*) FROM commands WHERE status = 'waiting'") == 0:
            recovery.settled = time.monotonic() - since
            return
        time.sleep(GLANCE_SECONDS)


def _wait_until_told(stage: Stage, db: Db, recovery: Recovery, since: float) -> None:
    """Wait until no notice has to be delivered any more.

    What a killed notifier had claimed is due again when its lease ends, minutes later. That is not waited for: once
    nothing else is left to do and nobody moves them, the leases are ended.
    """
    before, unmoved_since = None, time.monotonic()
    while time.monotonic() < since + 2 * PATIENCE_SECONDS:
        stage.keep()
        left = db.execute(
            "SELECT id, status, attempts FROM deliveries WHERE status IN ('due', 'sending') ORDER BY id"
        ).fetchall()
        if not left and _count(db, "SELECT count(*) FROM notices WHERE number IS NULL") == 0:
            recovery.told = time.monotonic() - since
            return
        if left != before:
            before, unmoved_since = left, time.monotonic()
        elif time.monotonic() > unmoved_since + LEASES_ALONE_SECONDS:
            ended = db.execute("UPDATE deliveries SET due_at = clock_timestamp() WHERE status = 'sending'")
            recovery.leases_ended += ended.rowcount
            unmoved_since = time.monotonic()
        time.sleep(5 * GLANCE_SECONDS)


def _count(db: Db, query: LiteralString) -> int:
    row = db.execute(query).fetchone()
    return 0 if row is None else int(row[0])


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="seatline-chaos-", ignore_cleanup_errors=True) as made:
        yield Path(made)
