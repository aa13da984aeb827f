"""What the clock has to tell: bookings whose reminder may be due, passes that expire soon.

Neither needs a session's row. Whatever is claimed here is locked with SKIP LOCKED until the caller's transaction ends,
so that two workers never look at the same row and nobody is waited for. A crash in the middle leaves everything as it
was, due for whoever looks next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from psycopg.errors import DeadlockDetected
from psycopg.sql import SQL

from domain.ids import BookingId, MemberId, PassId
from domain.journal import plain_instant
from domain.notices import Notice, NoticeKind
from domain.quiet_hours import USUAL_QUIET_HOURS, QuietHours
from domain.reminders import Look, leads_from
from storage.database import Db
from storage.deliveries import quiet_hours_of
from storage.notices import WrittenNotice, write_notices, written_notices

BOOKINGS_AT_ONCE = 500
PASSES_AT_ONCE = 100  # fewer, as batches wait for the passes of their members
SESSIONS_AT_ONCE = 100
COLLISIONS_MAX = 5  # times a chunk is planned anew after a deadlock

EXPIRES_SOON = timedelta(days=7)

_OCCASIONS = UUID("5a1d5a3e-8f0c-4b52-9a0d-6f1f0f0c7f5e")  # any fixed id: causes are made of it by name

# The limits are part of the text, so that a plan made for any values knows how few rows are wanted.
_DUE_BOOKINGS = SQL(
    """
    SELECT id, member_id, starts_at, remind_at, coalesce(promoted_at, booked_at),
           coalesce(%(now)s, statement_timestamp())
      FROM bookings
     WHERE status = 'confirmed' AND remind_at <= coalesce(%(now)s, statement_timestamp())
       AND remind_at >= coalesce(%(since)s, '-infinity'::timestamptz)
     ORDER BY remind_at LIMIT {limit}
       FOR NO KEY UPDATE SKIP LOCKED
    """
).format(limit=BOOKINGS_AT_ONCE)
_EXPIRING_PASSES = SQL(
    """
    WITH expiring AS MATERIALIZED (
        SELECT id, member_id, expires_at, sessions_left FROM passes
         WHERE active AND NOT expiry_told
           AND expires_at <= coalesce(%(now)s, statement_timestamp()) + make_interval(days => {days})
         ORDER BY expires_at LIMIT {limit}
           FOR NO KEY UPDATE SKIP LOCKED),
    told AS (UPDATE passes SET expiry_told = true FROM expiring WHERE passes.id = expiring.id)
    SELECT id, member_id, expires_at, sessions_left, expires_at > coalesce(%(now)s, statement_timestamp())
      FROM expiring ORDER BY expires_at
    """
).format(days=EXPIRES_SOON.days, limit=PASSES_AT_ONCE)


@dataclass(frozen=True, slots=True)
class DueBooking:
    """A claimed booking that was to be looked at `since`, its place confirmed at `confirmed_at`; `now` is the clock."""

    id: BookingId
    member_id: MemberId
    starts_at: datetime
    since: datetime
    confirmed_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Customs:
    """How this studio reminds: its zone, its leads, and the quiet hours of members who chose for themselves."""

    zone: ZoneInfo
    leads: tuple[timedelta, ...]
    chosen: dict[MemberId, QuietHours | None]

    def quiet_hours(self, member_id: MemberId) -> QuietHours | None:
        """Return the member's quiet hours; None when no hour is quiet."""
        return self.chosen.get(member_id, USUAL_QUIET_HOURS)


def claim_due_bookings(db: Db, *, now: datetime | None, since: datetime | None) -> list[DueBooking]:
    """Claim up to `BOOKINGS_AT_ONCE` confirmed bookings that are to be looked at, longest due first.

    `now` None is the database's clock. With `since` those due earlier are left out: one who goes on where the last
    chunk ended need not step over the dead entries it left in the index. Runs in the caller's transaction.
    """
    # A bitmap would be made of all that is due, and sorted, for each chunk.
    db.execute("SET LOCAL enable_bitmapscan = off")
    rows = db.execute(_DUE_BOOKINGS, {"now": now, "since": since})
    return [DueBooking(*row) for row in rows]


def customs_for(db: Db, due: Sequence[DueBooking]) -> Customs:
    """Return by what these bookings are looked at.

    Read after they were claimed: who changes any of it afterwards waits for the claim before asking for a new look.
    """
    studio = db.execute("SELECT time_zone, reminder_minutes FROM studio").fetchone()
    if studio is None:
        raise LookupError("there are bookings, but no studio: the table studio is empty")
    zone, minutes = studio
    rows = db.execute(
        "SELECT member_id, quiet_from, quiet_until FROM notification_preferences WHERE member_id = ANY(%s)",
        ([booking.member_id for booking in due],),
    )
    chosen = {member_id: quiet_hours_of(begins, ends) for member_id, begins, ends in rows}
    return Customs(ZoneInfo(zone), tuple(timedelta(minutes=one) for one in minutes), chosen)


def write_looks(db: Db, looks: Sequence[tuple[DueBooking, Look]]) -> list[WrittenNotice]:
    """Write what the looks came to: a notice for each reminder, and when to look again.

    A reminder that was written before, for the same lead and start, is left out.
    """
    told = []
    for booking, look in looks:
        if look.reminder is not None:
            minutes = look.reminder.lead // timedelta(minutes=1)
            cause = _occasion(f"reminder {minutes} minutes before {plain_instant(booking.starts_at)}")
            notice = Notice(NoticeKind.REMINDER, booking.member_id, booking.id, {"lead_minutes": minutes})
            told.append((cause, notice, booking.starts_at))
    with db.pipeline():
        notices = write_notices(
            db, [(cause, notice) for cause, notice, _ in told], starts_at=[starts_at for *_, starts_at in told]
        )
        db.execute(
            """
            UPDATE bookings AS booking SET remind_at = look.again_at
              FROM unnest(%s::uuid[], %s::timestamptz[]) AS look (id, again_at) WHERE booking.id = look.id
            """,
            ([booking.id for booking, _ in looks], [look.again_at for _, look in looks]),
        )
    return written_notices(notices)


def tell_of_expiring_passes(db: Db, *, now: datetime | None) -> tuple[int, list[WrittenNotice]]:
    """Mark up to `PASSES_AT_ONCE` passes that expire within seven days, and write a notice for each of some use.

    Returns how many passes were marked, and the notices. A pass that has expired already, or on which nothing is
    left, is marked and not told of. `now` None is the database's clock. Runs in the caller's transaction.
    """
    rows = db.execute(_EXPIRING_PASSES, {"now": now}).fetchall()
    told = []
    for id_, member_id, expires_at, sessions_left, is_usable in rows:
        if is_usable and sessions_left != 0:
            expires = plain_instant(expires_at)
            details: dict[str, object] = {"expires_at": expires, "sessions_left": sessions_left}
            notice = Notice(NoticeKind.PASS_EXPIRING, member_id, None, details, PassId(id_))
            told.append((_occasion(f"pass {id_} expires {expires}"), notice))
    if not told:
        return len(rows), []
    return len(rows), written_notices(write_notices(db, told, starts_at=[None] * len(told)))


def reminder_minutes(db: Db) -> tuple[int, ...]:
    """Return how long before a session its reminders go out, in minutes; nothing while there is no studio."""
    row = db.execute("SELECT reminder_minutes FROM studio").fetchone()
    return () if row is None else tuple(row[0])


def set_leads(db: Db, minutes: Sequence[int]) -> int:
    """Set how long before a session its reminders go out; return how many bookings are looked at anew for it.

    Raises `ValueError` for leads that make no sense (see `leads_from`), and while there is no studio. The leads are
    committed first and the bookings asked for in many short transactions, so that no batch waits long for a booking:
    after a crash do it again. A place that a batch gives at this very moment may still be planned by the old leads.
    """
    leads = leads_from(minutes)
    if db.execute("UPDATE studio SET reminder_minutes = %s", (list(leads),)).rowcount == 0:
        raise ValueError("There is no studio yet. Import one, or seed a demo.")
    asked = 0
    after: tuple[datetime | None, UUID] = (None, UUID(int=0))
    while sessions := _next_sessions(db, after):
        asked += _look_again_at_sessions(db, [id_ for id_, _ in sessions])
        id_, starts_at = sessions[-1]
        after = (starts_at, id_)
    return asked


def _next_sessions(db: Db, after: tuple[datetime | None, UUID]) -> list[tuple[UUID, datetime]]:
    starts_at, id_ = after
    return db.execute(
        """
        SELECT id, starts_at FROM training_sessions
         WHERE starts_at > statement_timestamp()
           AND (starts_at, id) > (coalesce(%s, statement_timestamp()), %s)
         ORDER BY starts_at, id LIMIT %s
        """,
        (starts_at, id_, SESSIONS_AT_ONCE),
    ).fetchall()


def _look_again_at_sessions(db: Db, ids: Sequence[UUID]) -> int:
    """Ask for a new look at the bookings of these sessions; a batch may have locked some of them the other way round.

    Each gets an instant of its own: entries of an index that are all alike are slow to work off.
    """
    for collisions_left in reversed(range(COLLISIONS_MAX)):
        try:
            return db.execute(
                """
                UPDATE bookings SET remind_at = clock_timestamp()
                 WHERE training_session_id = ANY(%s) AND status = 'confirmed'
                """,
                (list(ids),),
            ).rowcount
        except DeadlockDetected:
            if not collisions_left:
                raise
    raise AssertionError("the last round returns or raises")


def _occasion(name: str) -> UUID:
    return uuid5(_OCCASIONS, name)
