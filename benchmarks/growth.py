"""Where the cost of a command grows: with sessions, with a waitlist, with bookings, and how it falls with workers.

Each point fills a database and then sends the same load over HTTP; what counts is the processor time of all servers for
one command, which says more on a shared machine than how long it took.
"""

from collections.abc import Callable
from uuid import UUID

from benchmarks.contenders import Contender
from benchmarks.filling import fill
from benchmarks.results import Measurement
from benchmarks.scenarios.measuring import WAIT_SECONDS, booking, driven, payers, warm_up
from benchmarks.stand.load import Job
from benchmarks.stand.stand import Running, Stand

COMMANDS = 1_000
CLIENTS = 32
CAPACITY = 12
HOT_CAPACITY = 500
BOOKINGS_A_SESSION = 20
BOOKED_SESSIONS = 10  # booked in by the load, however many stand beside them
SIZES = {
    "sessions": (100, 1_000, 10_000, 100_000),
    "waitlist": (100, 1_000, 10_000, 100_000),
    "bookings": (10_000, 100_000, 1_000_000),
}

_Jobs = Callable[[Running, int, int], list[Job]]


def growth(stand: Stand, contender: Contender, *, axis: str, size: int, scale: float) -> Measurement:
    """Measure one point: `size` sessions, waiters or bookings stand in the database (before scaling)."""
    commands = max(round(COMMANDS * scale), 40)
    size = max(round(size * scale), 10)
    with stand.running(contender) as running:
        warm_up(running, scale)
        jobs = _JOBS[axis](running, size, commands)
        running.studio.settle_statistics()
        _, figures = driven(stand, running, jobs, clients=CLIENTS)
        figures["cpu_ms_per_command"] = sum(
            seconds for name, seconds in figures.items() if name.startswith("cpu_") and "client" not in name
        )
        return Measurement(f"growth with {axis}", contender.name, {axis: size}, figures)


def _among_sessions(running: Running, size: int, commands: int) -> list[Job]:
    """Book in a few of many sessions."""
    return _bookings(running, _a_few_of(running.studio.sessions(size, capacity=CAPACITY)), commands)


def _behind_a_waitlist(running: Running, size: int, commands: int) -> list[Job]:
    """Join a long line; meanwhile members with a place give it back, so that the head of the line is promoted."""
    (hot,) = running.studio.sessions(1, capacity=HOT_CAPACITY)
    running.studio.members(size + HOT_CAPACITY, first=10_000_000)
    fill(running.studio, [hot], bookings=size + HOT_CAPACITY, capacity=HOT_CAPACITY)
    placed = running.db.execute(
        "SELECT id, member_id FROM bookings WHERE training_session_id = %s AND status = 'confirmed' LIMIT %s",
        (hot, commands // 4),
    ).fetchall()
    tokens = running.tokens([member_id for _, member_id in placed])
    giving_back = [
        Job(f"/v1/bookings/{id_}/cancellation", token, key=f"back-{id_}", wait_seconds=WAIT_SECONDS)
        for (id_, _), token in zip(placed, tokens, strict=True)
    ]
    joining = _bookings(running, [hot], commands - len(giving_back))
    return [job for pair in zip(joining, [*giving_back, *joining], strict=False) for job in pair][:commands]


def _beside_bookings(running: Running, size: int, commands: int) -> list[Job]:
    """Book in sessions that have places and lines, as all others have."""
    ids = running.studio.sessions(max(size // BOOKINGS_A_SESSION, 1), capacity=CAPACITY)
    running.studio.members(max(size // 10, BOOKINGS_A_SESSION * 2), first=10_000_000)
    fill(running.studio, ids, bookings=BOOKINGS_A_SESSION, capacity=CAPACITY)
    return _bookings(running, _a_few_of(ids), commands)


def _a_few_of(session_ids: list[UUID]) -> list[UUID]:
    """Return so many of the sessions, from all over the schedule, that batches are as large whatever else is there."""
    return session_ids[:: max(len(session_ids) // BOOKED_SESSIONS, 1)][:BOOKED_SESSIONS]


def _bookings(running: Running, session_ids: list[UUID], number: int) -> list[Job]:
    """Return so many bookings, each of a new member, in these sessions in turns."""
    people = payers(running, number)
    return [booking(session_ids[n % len(session_ids)], payer, f"growth-{n}") for n, payer in enumerate(people)]


_JOBS: dict[str, _Jobs] = {
    "sessions": _among_sessions,
    "waitlist": _behind_a_waitlist,
    "bookings": _beside_bookings,
}
