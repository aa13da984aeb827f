"""Write the notices whose time has come: reminders of sessions, and passes that expire soon."""

import time
from collections.abc import Iterator
from datetime import datetime

from psycopg_pool import ConnectionPool
from redis import Redis
from structlog import get_logger

from domain.reminders import Look, look
from storage import reminders
from storage.database import Db
from storage.notices import WrittenNotice
from storage.reminders import Customs, DueBooking
from workers.hints import hint
from workers.outcomes import announce_notices

RUN_SECONDS_MAX = 5.0  # no chunk is begun later than that; beat calls for the rest

log = get_logger()


def remind(pool: ConnectionPool[Db], redis: Redis, *, now: datetime | None = None) -> int:
    """Write what is due by the database's clock, or at `now`; return how many notices that came to.

    Works chunk by chunk, each in one transaction that takes no session's lock and waits for nobody. A crash loses
    nothing: a chunk is written with the instants of the next look, or not at all. Any number may run at once.
    """
    ends = time.monotonic() + RUN_SECONDS_MAX
    count = 0
    with pool.connection() as db:
        for chunks in (_reminders, _expiring_passes):
            for written in chunks(db, now):
                count += len(written)
                with hint("announce reminders"):
                    announce_notices(redis, written)
                if time.monotonic() >= ends:
                    log.info("more may be due, left to the next run", notices=count)
                    return count
    return count


def _reminders(db: Db, now: datetime | None) -> Iterator[list[WrittenNotice]]:
    """Look at the bookings that are due, and yield the notices of each chunk once it is committed."""
    since = None
    while True:
        with db.transaction():
            due = reminders.claim_due_bookings(db, now=now, since=since)
            if not due:
                return
            customs = reminders.customs_for(db, due)
            written = reminders.write_looks(db, [(booking, _look(booking, customs)) for booking in due])
        yield written
        if len(due) < reminders.BOOKINGS_AT_ONCE:
            return
        since = due[-1].since


def _look(booking: DueBooking, customs: Customs) -> Look:
    return look(
        starts_at=booking.starts_at,
        leads=customs.leads,
        quiet_hours=customs.quiet_hours(booking.member_id),
        zone=customs.zone,
        since=booking.since,
        confirmed_at=booking.confirmed_at,
        now=booking.now,
    )


def _expiring_passes(db: Db, now: datetime | None) -> Iterator[list[WrittenNotice]]:
    """Look at the passes that expire soon, and yield the notices of each chunk once it is committed."""
    marked = reminders.PASSES_AT_ONCE
    while marked == reminders.PASSES_AT_ONCE:
        with db.transaction():
            marked, written = reminders.tell_of_expiring_passes(db, now=now)
        yield written
