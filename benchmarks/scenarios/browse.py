"""Browsing: a week's schedule and single sessions are read, alone and while others book.

The same is asked of an empty route on the same server, which says what the server itself can do.
"""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from benchmarks.contenders import EMPTY_ROUTE, Contender
from benchmarks.results import Measurement
from benchmarks.scenarios.evening import wanted
from benchmarks.scenarios.measuring import (
    Payer,
    audited,
    booking,
    latency_figures,
    payers,
    until_settled,
    used,
    warm_up,
)
from benchmarks.stand.load import Job
from benchmarks.stand.stand import Running, Stand, reading

SESSIONS = 140  # of one week, twenty a day; one page of the schedule holds them all
READS = 3_000
READERS = 16
BOOKERS = 16
BOOKINGS = 3_000
MEMBERS = 1_000


def browse(stand: Stand, contender: Contender, *, scale: float) -> Measurement:
    """Read the schedule alone, a session alone, then both while members book."""
    reads = max(round(READS * scale), 40)
    with stand.running(contender) as running:
        if contender is not EMPTY_ROUTE:
            warm_up(running, scale)
        sessions = running.studio.sessions(SESSIONS, capacity=12)
        people = payers(running, max(round(MEMBERS * scale), 20))
        running.studio.settle_statistics()
        schedule = [Job(_week())] * reads
        chance = random.Random(reads)
        details = [
            Job(f"/v1/sessions/{session_id}", token=chance.choice(people).token)
            for session_id in wanted(sessions, reads)
        ]
        figures = {
            **_reading(running, "schedule", schedule),
            **_reading(running, "detail", details),
        }
        faults = {}
        if contender is not EMPTY_ROUTE:
            bookings = _bookings(people, sessions, round(BOOKINGS * scale))
            both = [job for pair in zip(schedule, details, strict=True) for job in pair]
            before = reading(running)
            booker = running.begin(bookings, clients=BOOKERS)
            figures |= _reading(running, "busy", both)
            told = running.finish(booker)
            until_settled(running)
            figures |= used(running, before, len(told.trace) + len(both))
            figures["bookings_per_second"] = len(told.trace) / told.seconds
            faults = audited(running, [told])
        return Measurement("browse", contender.name, {"reads": reads, "sessions": SESSIONS}, figures, faults)


def _reading(running: Running, name: str, jobs: list[Job]) -> dict[str, float]:
    told = running.drive(jobs, clients=READERS)
    answered = told.statuses.get("200", 0)
    assert answered == len(jobs), (told.statuses, told.errors[:1])
    return {f"{name}_per_second": answered / told.seconds, **latency_figures(name, told.read)}


def _bookings(people: list[Payer], sessions: list[UUID], number: int) -> list[Job]:
    chance = random.Random(number)
    return [
        booking(session_id, chance.choice(people), f"browse-{n}", cancels=chance.random() < 0.3)
        for n, session_id in enumerate(wanted(sessions, max(number, 20)))
    ]


def _week() -> str:
    begins = (datetime.now(UTC) + timedelta(days=6)).strftime("%Y-%m-%dT00:00:00Z")
    ends = (datetime.now(UTC) + timedelta(days=16)).strftime("%Y-%m-%dT00:00:00Z")
    return f"/v1/sessions?from={begins}&to={ends}&limit=200"
