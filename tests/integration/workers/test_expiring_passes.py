"""Members are told once of a pass that expires soon."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from storage import reminders
from storage.database import Db
from tests.builders import TICK
from tests.integration.studio import Member, Studio
from tests.integration.workers.reminding import DAY, EVENING, only_what_comes, run


@pytest.fixture(autouse=True)
def _nothing_due(db: Db) -> Iterator[None]:
    with only_what_comes(db):
        yield


def expiring_notices(db: Db, member: Member) -> list[tuple[Any, ...]]:
    return db.execute(
        "SELECT pass_id, details, booking_id, starts_at FROM notices WHERE member_id = %s AND kind = 'pass_expiring'"
        " ORDER BY id",
        (member.id,),
    ).fetchall()


@pytest.mark.parametrize("sessions", [3, None], ids=["with sessions left", "unlimited"])
def test_a_pass_that_expires_within_a_week_is_told_of_once(studio: Studio, sessions: int | None) -> None:
    expires_at = EVENING.replace(microsecond=250)
    member = studio.a_member(sessions=sessions, expires_at=expires_at)

    counts = [run(studio, expires_at - 7 * DAY + late) for late in (-TICK, timedelta(), timedelta(), DAY)]

    assert counts == [0, 1, 0, 0]
    details = {"expires_at": expires_at.isoformat(), "sessions_left": sessions}
    assert expiring_notices(studio.db, member) == [(member.pass_id, details, None, None)]


def test_passes_of_no_use_are_marked_and_not_told_of(studio: Studio) -> None:
    used_up = studio.a_member(sessions=0, expires_at=EVENING)
    over = studio.a_member(expires_at=EVENING - 3 * DAY)
    inactive = studio.a_member(expires_at=EVENING)
    for_ever = studio.a_member()
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (inactive.pass_id,))

    assert run(studio, EVENING - 3 * DAY) == 0

    marked = {
        member: studio.db.execute("SELECT expiry_told FROM passes WHERE id = %s", (member.pass_id,)).fetchone()
        for member in (used_up, over, inactive, for_ever)
    }
    assert marked == {used_up: (True,), over: (True,), inactive: (False,), for_ever: (False,)}


def test_more_passes_than_fit_a_chunk_are_told_of_once_each_by_runs_at_once(studio: Studio) -> None:
    number = 2 * reminders.PASSES_AT_ONCE + 10
    members = studio.members(number, expires_at=EVENING)

    with ThreadPoolExecutor(3) as threads:
        counts = list(threads.map(lambda _: run(studio, EVENING - DAY), range(3)))
    counts.append(run(studio, EVENING - DAY))

    assert sum(counts) == number
    assert all(len(expiring_notices(studio.db, member)) == 1 for member in members)


def test_a_pass_in_a_batch_is_left_to_the_next_run(studio: Studio, pool: ConnectionPool[Db]) -> None:
    member = studio.a_member(expires_at=EVENING)

    with pool.connection() as batch, batch.transaction():
        batch.execute("SELECT FROM passes WHERE id = %s FOR NO KEY UPDATE", (member.pass_id,))
        assert run(studio, EVENING - DAY) == 0

    assert run(studio, EVENING - DAY) == 1
