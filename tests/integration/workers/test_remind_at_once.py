"""Runs of the reminders beside batches and beside each other, and in chunks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from domain.reminders import look
from storage import reminders
from storage.database import Db
from storage.session_rows import lock_training_session
from tests.integration.studio import Studio
from tests.integration.workers.reminding import DAY, EVENING, HOUR, LONG, booked, only_what_comes, reminders_of, run
from workers import remind


@pytest.fixture(autouse=True)
def _nothing_due(db: Db) -> Iterator[None]:
    with only_what_comes(db):
        yield


def test_a_run_neither_waits_for_a_batch_nor_touches_its_session(studio: Studio) -> None:
    session, _, booking = booked(studio)
    row = studio.db.execute("SELECT xmin, ctid FROM training_sessions WHERE id = %s", (session,)).fetchone()

    with studio.pool.connection() as batch, batch.transaction():
        assert lock_training_session(batch, session) is not None
        assert run(studio, EVENING - DAY) == 1

    assert reminders_of(studio.db, booking) == [(LONG, EVENING)]
    assert studio.db.execute("SELECT xmin, ctid FROM training_sessions WHERE id = %s", (session,)).fetchone() == row
    assert studio.counts(session) == (1, 0, 0)


def test_a_batch_does_not_wait_for_a_run(studio: Studio, notifier_pool: ConnectionPool[Db]) -> None:
    session, *_ = booked(studio)
    newcomer = studio.a_member()
    studio.book(session, newcomer)

    with notifier_pool.connection() as db, db.transaction():
        written = look_at_all(db, EVENING - DAY)
        served = studio.serve(session)

    assert (served.commands, served.held) == (1, False)
    assert len(written) == 1
    assert studio.counts(session) == (2, 0, 0)
    assert studio.roster(session)[newcomer.id] == "confirmed"


def look_at_all(db: Db, now: datetime) -> list[Any]:
    """Claim and write one chunk, leaving the transaction open."""
    due = reminders.claim_due_bookings(db, now=now, since=None)
    customs = reminders.customs_for(db, due)
    looks = [
        look(
            starts_at=one.starts_at,
            leads=customs.leads,
            quiet_hours=customs.quiet_hours(one.member_id),
            zone=customs.zone,
            since=one.since,
            confirmed_at=one.confirmed_at,
            now=one.now,
        )
        for one in due
    ]
    return reminders.write_looks(db, list(zip(due, looks, strict=True)))


def test_what_another_run_has_claimed_is_left_to_it_and_found_again_if_it_dies(
    studio: Studio, notifier_pool: ConnectionPool[Db]
) -> None:
    _, _, booking = booked(studio)

    with notifier_pool.connection() as db, db.transaction(force_rollback=True):
        assert len(look_at_all(db, EVENING - DAY)) == 1
        assert run(studio, EVENING - DAY) == 0

    assert reminders_of(studio.db, booking) == []
    assert run(studio, EVENING - DAY) == 1
    assert reminders_of(studio.db, booking) == [(LONG, EVENING)]


def test_runs_at_once_write_everything_once(studio: Studio) -> None:
    session = studio.a_session(starts_at=EVENING, capacity=200)
    bookings = [studio.book(session, member) for member in studio.members(200)]
    studio.serve(session)

    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: run(studio, EVENING - DAY), range(4)))

    assert sum(counts) == 200
    assert all(reminders_of(studio.db, booking) == [(LONG, EVENING)] for booking in bookings)


def test_a_run_works_chunk_by_chunk_and_leaves_the_rest_when_its_time_is_up(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = reminders.BOOKINGS_AT_ONCE + 20
    session = studio.a_session(starts_at=EVENING, capacity=places)
    for member in studio.members(places):
        studio.book(session, member)
    while studio.serve(session).commands:
        pass

    with monkeypatch.context() as patch:
        patch.setattr(remind, "RUN_SECONDS_MAX", 0.0)
        counts = [run(studio, EVENING - DAY) for _ in range(3)]
    whole = run(studio, EVENING - 2 * HOUR)

    assert counts == [reminders.BOOKINGS_AT_ONCE, 20, 0]
    assert whole == places
    assert studio.counts(session) == (places, 0, 0)
