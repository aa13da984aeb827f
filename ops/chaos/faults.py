"""The faults there are. Each is a generator: before its `yield` it breaks something, and mends it afterwards."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from ops.chaos.links import Trouble
from ops.chaos.plan import Fault, Strike
from ops.chaos.stage import CLIENTS, USERS, Stage
from ops.stack import processes

WORKERS = ("worker1", "worker2")
LINKS = (CLIENTS, *(f"{kind} to {server}" for kind, servers in USERS.items() for server in servers))
AT_ONCE = (0.0, 0.0)
SHORT = (0.1, 1.5)
WHILE = (1.0, 4.0)
SERVING_SECONDS_MAX = 3.0  # no other fault begins or ends meanwhile
TINY_MEMORY = "1mb"
CLOCK_SECONDS = 90
CLOCKS = tuple(f"clock of {name}" for name in (*WORKERS, "api", "notifier", "beat"))

FAULTS: dict[str, Fault] = {}
"""All of them by name."""

NEED_CLOCKS = ("clock-ahead", "clock-behind")
"""Those that need clocks that can be set."""

Generator = Callable[[Stage, Strike], Iterator[None]]


def _fault(name: str, *targets: str, seconds: tuple[float, float]) -> Callable[[Generator], Generator]:
    def listed(strike: Generator) -> Generator:
        meaning = (strike.__doc__ or "").strip()
        FAULTS[name] = Fault(name, meaning, targets, seconds, contextmanager(strike))
        return strike

    return listed


@_fault("worker-killed", *WORKERS, seconds=SHORT)
@_fault("api-killed", "api", seconds=SHORT)
@_fault("notifier-killed", "notifier", seconds=SHORT)
@_fault("beat-killed", "beat", seconds=(0.5, 4.0))
def _kill(stage: Stage, strike: Strike) -> Iterator[None]:
    """SIGKILL to a program and all its processes at once; it is started again a while later."""
    stage.struck.add(strike.target)
    stage.signal(strike.target, signal.SIGKILL)
    yield
    stage.start(strike.target)


@_fault("worker-terminated", *WORKERS, seconds=(1.0, 3.0))
@_fault("api-terminated", "api", seconds=(1.0, 2.0))
@_fault("notifier-terminated", "notifier", seconds=(1.0, 3.0))
def _terminate(stage: Stage, strike: Strike) -> Iterator[None]:
    """SIGTERM, as at every upgrade; what has not ended when the time is up is killed. It is started again."""
    stage.struck.add(strike.target)
    stage.children[strike.target].ask_to_stop()
    yield
    stage.start(strike.target)


@_fault("worker-paused", *WORKERS, seconds=WHILE)
@_fault("worker-paused-long", *WORKERS, seconds=(11.0, 13.0))
@_fault("api-paused", "api", seconds=WHILE)
@_fault("notifier-paused", "notifier", seconds=WHILE)
@_fault("beat-paused", "beat", seconds=WHILE)
@_fault("redis-paused", "redis", seconds=WHILE)
def _pause(stage: Stage, strike: Strike) -> Iterator[None]:
    """SIGSTOP, then SIGCONT; the long one is longer than Postgres waits for a transaction that stands still."""
    stage.struck.add(strike.target)
    stage.signal(strike.target, signal.SIGSTOP)
    yield
    stage.signal(strike.target, signal.SIGCONT)
    stage.struck.discard(strike.target)


@_fault("worker-process-killed", *WORKERS, seconds=AT_ONCE)
@_fault("api-process-killed", "api", seconds=AT_ONCE)
def _kill_one_process(stage: Stage, strike: Strike) -> Iterator[None]:
    """SIGKILL to one of the processes that a program forked; the program makes a new one by itself."""
    forks = stage.forks(strike.target)
    if forks:
        processes.signal_process(forks[int(strike.pick * len(forks))].pid, signal.SIGKILL)
    yield


@_fault("worker-dies-serving", "worker1", seconds=AT_ONCE)
def _die_serving(stage: Stage, _: Strike) -> Iterator[None]:
    """SIGKILL to the workers' processes exactly while one has an open transaction, as a deadly command would do."""
    gives_up_at = time.monotonic() + SERVING_SECONDS_MAX
    while time.monotonic() < gives_up_at:
        forks = [fork for name in stage.workers() if name not in stage.struck for fork in stage.forks(name)]
        for fork in forks:
            processes.signal_process(fork.pid, signal.SIGSTOP)
        number = signal.SIGKILL if _is_serving(stage) else signal.SIGCONT
        for fork in forks:
            processes.signal_process(fork.pid, number)
        if number == signal.SIGKILL:
            break
        time.sleep(0.01)
    yield


def _is_serving(stage: Stage) -> bool:
    """Whether a worker, all of which stand still, has a transaction open."""
    ports = list(stage.network.ports_at_server("worker to postgres"))
    try:
        with stage.db() as db:
            row = db.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND client_port = ANY(%s)",
                (ports,),
            ).fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and row[0] > 0


@_fault("workers-rolled", *WORKERS, seconds=(4.0, 6.0))
def _roll(stage: Stage, strike: Strike) -> Iterator[None]:
    """A second worker is started beside one, which is told to stop once the new one works: two generations at once."""
    successor = stage.one_more_worker()
    yield
    stage.replace(strike.target, successor)


@_fault("two-beats", "second-beat", seconds=(3.0, 8.0))
def _two_beats(stage: Stage, strike: Strike) -> Iterator[None]:
    """A second beat runs beside the first."""
    stage.add(replace(stage.spec("beat"), name=strike.target))
    yield
    stage.remove(strike.target)


@_fault("redis-wiped", "redis", seconds=AT_ONCE)
def _wipe(stage: Stage, _: Strike) -> Iterator[None]:
    """FLUSHALL: every flag, token and message is gone."""
    with stage.redis() as broker:
        broker.flushall()
    yield


@_fault("redis-killed", "redis", seconds=SHORT)
def _kill_redis(stage: Stage, strike: Strike) -> Iterator[None]:
    """SIGKILL to Redis, and a restart from what it had on disk."""
    stage.struck.add(strike.target)
    processes.signal_process(stage.pid(strike.target), signal.SIGKILL)
    yield
    stage.broker.restart()
    stage.struck.discard(strike.target)


@_fault("redis-full", "redis", seconds=WHILE)
def _fill(stage: Stage, _: Strike) -> Iterator[None]:
    """Redis has no memory left and refuses every write that needs some (`maxmemory` of next to nothing)."""
    return _configured(stage, "maxmemory", TINY_MEMORY, "0")


@_fault("redis-read-only", "redis", seconds=WHILE)
def _make_read_only(stage: Stage, _: Strike) -> Iterator[None]:
    """Redis refuses every write, as with a full disk (by `min-replicas-to-write`, as there is no replica)."""
    return _configured(stage, "min-replicas-to-write", "1", "0")


def _configured(stage: Stage, name: str, value: str, usual: str) -> Iterator[None]:
    with stage.redis() as broker:
        broker.config_set(name, value)
        yield
        broker.config_set(name, usual)


@_fault("postgres-restarted", "postgres", seconds=SHORT)
def _restart_postgres(stage: Stage, strike: Strike) -> Iterator[None]:
    """Postgres stops in the mode `immediate`: every transaction is cut off, and the log is replayed at the restart."""
    return _postgres_down(stage, strike, signal.SIGQUIT)


@_fault("postgres-killed", "postgres", seconds=SHORT)
def _kill_postgres(stage: Stage, strike: Strike) -> Iterator[None]:
    """SIGKILL to Postgres' first process, and a restart."""
    return _postgres_down(stage, strike, signal.SIGKILL)


def _postgres_down(stage: Stage, strike: Strike, number: signal.Signals) -> Iterator[None]:
    stage.struck.add(strike.target)
    processes.signal_process(stage.pid(strike.target), number)
    yield
    stage.postgres.restart()
    stage.struck.discard(strike.target)


@_fault("redis-refuses", "redis", seconds=WHILE)
@_fault("postgres-refuses", "postgres", seconds=WHILE)
def _refuse(stage: Stage, strike: Strike) -> Iterator[None]:
    """Every connection to a server is cut, and no new one is taken on for a while."""
    with stage.network.in_trouble(stage.links_to(strike.target), Trouble.REFUSES):
        yield


@_fault("redis-hangs", "redis", seconds=WHILE)
@_fault("postgres-hangs", "postgres", seconds=WHILE)
def _hang(stage: Stage, strike: Strike) -> Iterator[None]:
    """Connections to a server stay, but nothing goes through for a while."""
    with stage.network.in_trouble(stage.links_to(strike.target), Trouble.HANGS):
        yield


@_fault("link-hangs", *LINKS, seconds=WHILE)
def _hang_link(stage: Stage, strike: Strike) -> Iterator[None]:
    """Nothing goes through between one kind of process and one server for a while."""
    with stage.network.in_trouble([strike.target], Trouble.HANGS):
        yield


@_fault("link-cut", *LINKS, seconds=AT_ONCE)
def _cut_link(stage: Stage, strike: Strike) -> Iterator[None]:
    """Every connection between one kind of process and one server breaks at once."""
    stage.network.cut(strike.target)
    yield


@_fault("answers-lost", *LINKS, seconds=(0.5, 2.5))
def _lose_answers(stage: Stage, strike: Strike) -> Iterator[None]:
    """One answer in twelve between a kind of process and a server, to a COMMIT too, is lost with its connection."""
    with stage.network.in_trouble([strike.target], Trouble.LOSES_ANSWERS):
        yield


@_fault("clock-ahead", *CLOCKS, seconds=(2.0, 8.0))
def _set_clock_ahead(stage: Stage, strike: Strike) -> Iterator[None]:
    """The clock of a program and all its processes is set a minute and a half ahead, and right again later."""
    return _clock_set(stage, strike, CLOCK_SECONDS)


@_fault("clock-behind", *CLOCKS, seconds=(2.0, 8.0))
def _set_clock_behind(stage: Stage, strike: Strike) -> Iterator[None]:
    """The clock of a program and all its processes is set back by a minute and a half, and right again later."""
    return _clock_set(stage, strike, -CLOCK_SECONDS)


def _clock_set(stage: Stage, strike: Strike, seconds: int) -> Iterator[None]:
    clock = stage.clock_of(strike.target.removeprefix("clock of "))
    clock.set(seconds)
    yield
    clock.set(0)
