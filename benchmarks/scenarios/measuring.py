"""What every scenario does around its load: look at the meters, wait for the outcomes, put the figures together."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from benchmarks.audit import examine
from benchmarks.stand import meters
from benchmarks.stand.load import Job, Told
from benchmarks.stand.stand import Running, Stand, reading
from ops.latencies import summed_up

WAIT_SECONDS = 25  # the outcome is waited for by the request; the API grants up to 30
LOOK_SECONDS = 0.2
WARM_UP_COMMANDS = 200


@dataclass(frozen=True, slots=True)
class Payer:
    """A member who books, with pass and token."""

    member_id: UUID
    pass_id: UUID
    token: str


def payers(running: Running, number: int) -> list[Payer]:
    """Enrol so many members; each has one pass of ten sessions."""
    row = running.db.execute("SELECT count(*) FROM members").fetchone()
    running.studio.members(number, first=row[0] + 1 if row else 1)
    found = running.studio.payers(number)
    tokens = running.tokens([member_id for member_id, _ in found])
    return [Payer(member_id, pass_id, token) for (member_id, pass_id), token in zip(found, tokens, strict=True)]


def booking(
    session_id: UUID, payer: Payer, key: str, *, wait: bool = True, follows: bool = True, cancels: bool = False
) -> Job:
    """Return the job of one booking; `wait` for its outcome within the request."""
    return Job(
        f"/v1/sessions/{session_id}/bookings",
        payer.token,
        str(payer.pass_id),
        key,
        WAIT_SECONDS if wait else 0,
        follows=follows,
        cancels=cancels,
    )


def until_settled(running: Running, seconds_max: float = 600.0) -> bool:
    """Wait until no command waits any more; False when some still do after so many seconds."""
    ends = time.monotonic() + seconds_max
    while running.db.execute("SELECT 1 FROM commands WHERE status = 'waiting' LIMIT 1").fetchone():
        if time.monotonic() > ends:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def warm_up(running: Running, scale: float) -> None:
    """Let every process load what it needs, by bookings in a session of their own."""
    commands = max(min(round(WARM_UP_COMMANDS * scale * 10), WARM_UP_COMMANDS), 16)
    (session_id,) = running.studio.sessions(1, capacity=20, first_day=60)
    people = payers(running, commands)
    jobs = [booking(session_id, payer, f"warm-{n}", wait=n % 2 == 0, follows=False) for n, payer in enumerate(people)]
    jobs += [Job("/v1/sessions?from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:00Z&limit=1")] * 20
    running.drive(jobs, clients=8)
    until_settled(running)


def driven(
    stand: Stand, running: Running, jobs: list[Job], *, clients: int, seed: int = 0, commit_ms: float = 0.0
) -> tuple[Told, dict[str, float]]:
    """Send this load and wait until all is settled; return what the clients saw, and the figures every scenario has.

    With `commit_ms` every commit takes so much longer meanwhile.
    """
    running.client_cpu_seconds = 0.0
    with stand.commit_latency(commit_ms):
        before = reading(running)
        told = running.drive(jobs, clients=clients, seed=seed)
        until_settled(running, seconds_max=3600)
    commands = len(told.trace)
    return told, {
        "seconds": told.seconds,
        "commands": commands,
        "rate_per_second": commands / told.seconds,
        **latency_figures("accept", told.accept),
        **latency_figures("outcome", told.outcome),
        **used(running, before, commands, running.client_cpu_seconds),
        "errors": len(told.errors),
    }


def latency_figures(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum in milliseconds; nothing where nothing was measured."""
    if not seconds:
        return {}
    short = summed_up(seconds)
    return {
        f"{name}_p50_ms": short.p50 * 1000,
        f"{name}_p99_ms": short.p99 * 1000,
        f"{name}_max_ms": short.longest * 1000,
    }


def used(running: Running, before: meters.Reading, commands: int, client_seconds: float = 0.0) -> dict[str, float]:
    """Return what was used since `before`, for each command or each thousand of them."""
    after = reading(running)
    thousands = max(commands, 1) / 1000
    cpu_before = _by_kind(before.cpu_seconds)
    figures = {
        f"cpu_{kind}_seconds_per_1000": (seconds - cpu_before.get(kind, 0.0)) / thousands
        for kind, seconds in _by_kind(after.cpu_seconds).items()
    }
    figures["cpu_client_seconds_per_1000"] = client_seconds / thousands
    figures["wal_bytes_per_command"] = (after.wal_bytes - before.wal_bytes) / max(commands, 1)
    figures["transactions_per_command"] = (after.transactions - before.transactions) / max(commands, 1)
    if after.statements is not None and before.statements is not None:
        figures["statements_per_command"] = (after.statements - before.statements) / max(commands, 1)
    return figures | memory_figures(meters.peak_memory_mb(running.roots))


def memory_figures(megabytes: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of what processes hold, of each kind the largest."""
    figures: dict[str, float] = {}
    for process, held in megabytes.items():
        name = f"memory_{_kind(process)}_mb"
        figures[name] = max(figures.get(name, 0.0), held)
    return figures


def audited(running: Running, told: Iterable[Told]) -> dict[str, int]:
    """Return the faults by kind."""
    return examine(running.db, list(told)).counts


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


def _by_kind(seconds: Mapping[str, float]) -> dict[str, float]:
    """Add up processes of one kind, as worker1 and worker2."""
    added: dict[str, float] = {}
    for name, value in seconds.items():
        added[_kind(name)] = added.get(_kind(name), 0.0) + value
    return added
