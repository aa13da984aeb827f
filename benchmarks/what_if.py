"""How long it takes to say what a change would do, on a session with 10,000 waiters beside one with 100.

    .venv/bin/python -m benchmarks.what_if

Needs a running stack for its servers only; what it measures is on a scratch database.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import click

from benchmarks.bulk import Bulk, bulk_studio, scratch_database
from benchmarks.hot_session import serve_in_batches
from domain.commands import (
    Actor,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    Command,
    RescheduleSession,
)
from domain.ids import BookingId, MemberId, TrainingSessionId
from storage.settings import settings
from workers.what_if import what_if

PLACES = 20
STAFF = Actor(MemberId(uuid4()), is_staff=True)


def commands_for(bulk: Bulk, session_id: UUID) -> dict[str, Command]:
    """Return one command of each kind that is looked at before it is given."""
    row = bulk.db.execute(
        "SELECT id FROM bookings WHERE training_session_id = %s AND status = 'confirmed' LIMIT 1", (session_id,)
    ).fetchone()
    if row is None:
        raise LookupError("nobody has a place")
    later = datetime.now(UTC) + timedelta(days=30)
    return {
        "ten places more": ChangeCapacity(PLACES + 10, "benchmark"),
        "places for all": ChangeCapacity(100_000, "benchmark"),
        "moved": RescheduleSession(later, 60, bulk.trainer_id, bulk.space_id, "benchmark"),
        "cleared": ClearBookings("benchmark"),
        "cancelled": CancelSession("benchmark"),
        "one taken off": CancelForMember(BookingId(row[0]), "benchmark"),
    }


@click.command()
@click.option("--short", default=100, show_default=True)
@click.option("--long", default=10_000, show_default=True)
@click.option("--rounds", default=30, show_default=True)
def main(short: int, long: int, rounds: int) -> None:
    """Print the time of each kind on both sessions."""
    with scratch_database(settings().database_url) as url, bulk_studio(url) as bulk:
        bulk.members(2 * PLACES + short + long)
        few, many = bulk.sessions(2, capacity=PLACES)
        bulk.ask_for_seats(few, 1, PLACES + short)
        bulk.ask_for_seats(many, PLACES + short + 1, 2 * PLACES + short + long)
        for session_id in (few, many):
            serve_in_batches(url, session_id)
        bulk.settle_statistics()
        for name in commands_for(bulk, few):
            took: dict[UUID, list[float]] = {few: [], many: []}
            for _ in range(rounds + 1):
                for session_id, milliseconds in took.items():
                    command = commands_for(bulk, session_id)[name]
                    began = time.perf_counter()
                    what_if(bulk.db, TrainingSessionId(session_id), STAFF, command)
                    milliseconds.append((time.perf_counter() - began) * 1000)
            medians = [statistics.median(took[one][1:]) for one in (few, many)]
            click.echo(
                f"{name}: {medians[0]:.1f} ms with {short} waiting, {medians[1]:.1f} ms with {long:,}"
                f" ({max(took[many][1:]):.1f} at most)"
            )


if __name__ == "__main__":
    main()
