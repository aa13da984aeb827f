"""Changing how long before a session reminders go out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from storage import reminders
from storage.database import Db, connect
from tests.integration.studio import Studio
from tests.integration.workers.reminding import (
    DAY,
    EVENING,
    HOUR,
    LONG,
    SHORT,
    booked,
    only_what_comes,
    reminders_of,
    run,
)


@pytest.fixture(autouse=True)
def _nothing_due(db: Db) -> Iterator[None]:
    with only_what_comes(db):
        yield


def test_leads_that_are_set_count_for_places_already_given(studio: Studio) -> None:
    _, _, booking = booked(studio)
    run(studio, EVENING - DAY)

    assert reminders.set_leads(studio.db, [30, 180, LONG]) >= 1
    assert reminders.reminder_minutes(studio.db) == (LONG, 180, 30)
    for lead in (DAY, 3 * HOUR, 2 * HOUR, HOUR / 2):
        run(studio, EVENING - lead)

    assert reminders_of(studio.db, booking) == [(LONG, EVENING), (180, EVENING), (30, EVENING)]


def test_without_leads_nobody_is_reminded_until_there_are_some_again(studio: Studio) -> None:
    _, _, before = booked(studio)
    reminders.set_leads(studio.db, [])
    _, _, meanwhile = booked(studio)
    assert run(studio, EVENING - DAY) == 0

    reminders.set_leads(studio.db, [SHORT])
    run(studio, EVENING - 2 * HOUR)

    assert reminders_of(studio.db, before) == reminders_of(studio.db, meanwhile) == [(SHORT, EVENING)]


def test_leads_that_make_no_sense_change_nothing(studio: Studio) -> None:
    with pytest.raises(ValueError, match="name each reminder once"):
        reminders.set_leads(studio.db, [60, 60])

    assert reminders.reminder_minutes(studio.db) == (LONG, SHORT)


def test_every_coming_session_is_planned_anew_however_many_chunks_that_takes(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "SESSIONS_AT_ONCE", 2)
    bookings = [booked(studio, EVENING + (n // 2) * DAY)[2] for n in range(7)]
    past = booked(studio)[2]
    studio.db.execute(
        """
        UPDATE training_sessions SET starts_at = now()
         WHERE id = (SELECT training_session_id FROM bookings WHERE id = %s)
        """,
        (past,),
    )
    studio.db.execute("UPDATE bookings SET remind_at = NULL")

    reminders.set_leads(studio.db, [SHORT])

    asked = {row[0] for row in studio.db.execute("SELECT id FROM bookings WHERE remind_at IS NOT NULL")}
    assert asked >= set(bookings)
    assert past not in asked


def test_planning_anew_survives_a_deadlock_with_a_batch(studio: Studio, database_url: str) -> None:
    session = studio.a_session(starts_at=EVENING)
    members = studio.members(2)
    first, second = (studio.book(session, member) for member in members)
    studio.serve(session)
    touch = "UPDATE bookings SET changed_at = changed_at WHERE id = %s"

    with connect(database_url) as batch, connect(database_url) as operator, ThreadPoolExecutor(1) as threads:
        batch.execute("SET deadlock_timeout = '1 min'")  # so that the other side is the one to give way
        with batch.transaction():
            batch.execute(touch, (second,))
            planned = threads.submit(reminders.set_leads, operator, [SHORT])
            wait_until_blocked(studio.db, operator.info.backend_pid)
            batch.execute(touch, (first,))
        assert planned.result() >= 2

    run(studio, EVENING - 2 * HOUR)
    assert reminders_of(studio.db, first) == reminders_of(studio.db, second) == [(SHORT, EVENING)]


def wait_until_blocked(db: Db, pid: int) -> None:
    while db.execute("SELECT cardinality(pg_blocking_pids(%s)) = 0", (pid,)).fetchone() == (True,):
        sleep(0.01)
