"""The lane protocol as small state machines: clients' API processes, workers, the sweep, and Redis between them.

Each step is one call that the real code makes to Postgres or Redis, or its commit; between any two steps anything else
may happen. A state is a value, so all that can follow from it can be tried: see `explore`. `Mutant` names mistakes that
can be put in; trying everything must then find what they break.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, auto

BATCH_MAX = 3
CROWD_MIN = 2


class Mutant(StrEnum):
    """A mistake that the protocol was once built around."""

    FLAGS_BEFORE_LOCK = auto()
    READ_BEFORE_LOCK = auto()
    NOTE_WITHOUT_SECOND_TRY = auto()
    RERUN_BEFORE_COMMIT = auto()
    ARMED_KEPT_BY_BATCH = auto()
    NO_SWEEP = auto()
    SWEEP_BY_AGE_ALONE = auto()
    TWO_HOLDERS = auto()


class At(StrEnum):
    """Where a worker stands; it is about to do what it says."""

    IDLE = auto()
    FLAGS_EARLY = auto()
    READ_EARLY = auto()
    LOCK = auto()
    NOTE = auto()
    LOCK_AGAIN = auto()
    BEGIN = auto()
    READ = auto()
    RERUN_EARLY = auto()
    COMMIT = auto()
    ANNOUNCE = auto()
    GATHER = auto()
    REARM = auto()
    PUSH = auto()


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process in its turn: the batch it has read, and what it has learned on the way."""

    at: At = At.IDLE
    batch: tuple[int, ...] = ()
    more: bool = False
    rerun: bool = False
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything there is. `log` holds the commands in the order of acceptance, True for those that were applied.

    `to_accept` are commands to come; `accepted` how many API processes have inserted and not yet published. `tokens`
    are the stamps in the queue, the oldest first; `armed` is the flag's stamp, `fading` that it expires by itself.
    `holder` is who has the row lock. `sweeps` may come at any time; `crashes` and `wipes` are faults still to come,
    `calm` says that there was none yet.
    """

    log: tuple[bool, ...] = ()
    to_accept: int = 3
    accepted: int = 0
    tokens: tuple[int, ...] = ()
    armed: int | None = None
    fading: bool = False
    rerun: bool = False
    holder: int | None = None
    workers: tuple[Worker, ...] = (Worker(), Worker())
    sweeps: int = 0
    clock: int = 1
    crashes: int = 0
    wipes: int = 0
    calm: bool = True
    applied_twice: bool = False

    @property
    def waiting(self) -> tuple[int, ...]:
        """The commands that wait, in order."""
        return tuple(number for number, applied in enumerate(self.log) if not applied)


Step = tuple[str, State]


def steps(state: State, mutant: Mutant | None = None) -> Iterator[Step]:
    """Yield everything that can happen next."""
    yield from _api(state)
    for number, worker in enumerate(state.workers):
        for name, after in _worker(state, number, worker, mutant):
            yield f"worker {number}: {name}", after
    yield from _faults(state)


def _api(state: State) -> Iterator[Step]:
    if state.to_accept:
        log = (*state.log, False)
        yield "INSERT", replace(state, log=log, to_accept=state.to_accept - 1, accepted=state.accepted + 1)
    if state.accepted:
        after = replace(state, accepted=state.accepted - 1)
        # One script: the token is pushed where the lane is not armed.
        yield "hand in", after if state.armed is not None else _with_token(_armed(after))


def _worker(state: State, number: int, worker: Worker, mutant: Mutant | None) -> Iterator[Step]:
    if worker.at in _TO_THE_LANE:
        moves = _to_the_lane(state, number, worker, mutant)
    elif worker.at in _LEAVING:
        moves = _leaving(state, worker)
    else:
        moves = _batch(state, number, worker, mutant)
    for name, after, moved in moves:
        workers = (*after.workers[:number], moved, *after.workers[number + 1 :])
        yield name, replace(after, workers=workers)


_TO_THE_LANE = {At.IDLE, At.FLAGS_EARLY, At.READ_EARLY, At.LOCK, At.NOTE, At.LOCK_AGAIN}
_LEAVING = {At.GATHER, At.REARM, At.PUSH}

Moves = Iterator[tuple[str, State, Worker]]


def _to_the_lane(state: State, number: int, worker: Worker, mutant: Mutant | None) -> Moves:
    """Take a token and try the lock: `workers.turns.serve`, `workers.lane.serve_on`."""
    match worker.at:
        case At.IDLE:
            if state.tokens:
                yield "take a token", replace(state, tokens=state.tokens[1:]), Worker(_first(mutant))
        case At.FLAGS_EARLY:
            yield "clear the flags", _cleared(state), Worker(At.LOCK)
        case At.READ_EARLY:
            yield "read the log", state, _read(state, worker, At.LOCK)
        case At.NOTE:
            once = mutant is Mutant.NOTE_WITHOUT_SECOND_TRY
            yield "note", replace(state, rerun=True), Worker(At.IDLE if once else At.LOCK_AGAIN)
        case _ if state.holder is None or mutant is Mutant.TWO_HOLDERS:
            yield "lock", replace(state, holder=number), replace(worker, at=At.BEGIN)
        case At.LOCK:
            yield "held", state, Worker(At.NOTE)
        case _:
            yield "held", state, Worker()


def _batch(state: State, number: int, worker: Worker, mutant: Mutant | None) -> Moves:
    """Apply one batch: `workers.batch.apply`, then `workers.outcomes.announce`."""
    match worker.at:
        case At.BEGIN if mutant in {Mutant.FLAGS_BEFORE_LOCK, Mutant.ARMED_KEPT_BY_BATCH}:
            yield "begin", state, replace(worker, at=At.READ)
        case At.BEGIN:
            place = At.COMMIT if mutant is Mutant.READ_BEFORE_LOCK else At.READ
            yield "clear the flags", _cleared(state), replace(worker, at=place)
        case At.READ:
            early = mutant is Mutant.RERUN_BEFORE_COMMIT
            yield "read the log", state, _read(state, worker, At.RERUN_EARLY if early else At.COMMIT)
        case At.RERUN_EARLY:
            yield "take the note", replace(state, rerun=False), replace(worker, at=At.COMMIT, rerun=state.rerun)
        case At.COMMIT:
            yield "commit", _committed(state, number, worker), replace(worker, at=At.ANNOUNCE)
        case At.ANNOUNCE:
            rerun = worker.rerun if mutant is Mutant.RERUN_BEFORE_COMMIT else state.rerun
            place = At.LOCK if worker.more else At.GATHER
            yield "announce", replace(state, rerun=False), replace(worker, at=place, rerun=rerun)
        case _:
            raise AssertionError(worker.at)


def _leaving(state: State, worker: Worker) -> Moves:
    """Gather, or hand the lane on: the rest of `workers.lane.serve_on`. Whether the slice is used up is left open."""
    match worker.at:
        case At.GATHER:
            if len(worker.batch) >= CROWD_MIN and not state.tokens:
                yield "stand in", replace(_armed(state), fading=True), Worker(At.LOCK)
            yield "leave", state, Worker(At.REARM if worker.rerun else At.IDLE)
        case At.REARM:
            after = _armed(state)
            yield "arm", after, Worker(At.PUSH, stamp=after.armed or 0)
        case _:
            yield "push a token", _with_token(state, worker.stamp), Worker()


def _first(mutant: Mutant | None) -> At:
    early = {Mutant.FLAGS_BEFORE_LOCK: At.FLAGS_EARLY, Mutant.READ_BEFORE_LOCK: At.READ_EARLY}
    return At.LOCK if mutant is None else early.get(mutant, At.LOCK)


def _faults(state: State) -> Iterator[Step]:
    if state.fading:
        yield "the flag expires", replace(state, armed=None, fading=False)
    if state.crashes:
        after = replace(state, crashes=state.crashes - 1, calm=False)
        for number, worker in enumerate(state.workers):
            if worker.at is not At.IDLE:
                holder = None if state.holder == number else state.holder
                workers = (*state.workers[:number], Worker(), *state.workers[number + 1 :])
                yield f"worker {number} dies", replace(after, holder=holder, workers=workers)
        if state.accepted:
            yield "an API process dies", replace(after, accepted=state.accepted - 1)
    if state.wipes:
        yield (
            "Redis is wiped",
            replace(state, wipes=state.wipes - 1, calm=False, tokens=(), armed=None, fading=False, rerun=False),
        )


def swept(state: State, mutant: Mutant | None = None) -> State | None:
    """Return the state after a sweep that found commands and no live token; None where it has nothing to do.

    The queue is first in, first out: what was armed before the token at its head has been taken.
    """
    alive = state.tokens and state.armed is not None and state.armed >= state.tokens[0]
    if not state.waiting or mutant is Mutant.NO_SWEEP or (alive and mutant is not Mutant.SWEEP_BY_AGE_ALONE):
        return None
    return _with_token(_armed(state))


def _armed(state: State) -> State:
    return replace(state, armed=state.clock, fading=False, clock=state.clock + 1)


def _with_token(state: State, stamp: int | None = None) -> State:
    return replace(state, tokens=(*state.tokens, stamp if stamp is not None else state.clock - 1))


def _cleared(state: State) -> State:
    return replace(state, armed=None, fading=False, rerun=False)


def _read(state: State, worker: Worker, place: At) -> Worker:
    batch = state.waiting[:BATCH_MAX]
    return replace(worker, at=place, batch=batch, more=len(batch) == BATCH_MAX)


def _committed(state: State, number: int, worker: Worker) -> State:
    twice = any(state.log[command] for command in worker.batch)
    log = tuple(applied or command in worker.batch for command, applied in enumerate(state.log))
    holder = None if state.holder == number else state.holder
    return replace(state, log=log, holder=holder, applied_twice=state.applied_twice or twice)
