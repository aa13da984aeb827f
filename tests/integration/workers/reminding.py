"""Bookings that are reminded of, at instants of the tests' own choosing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from domain.ids import BookingId, TrainingSessionId
from domain.quiet_hours import QuietHours
from storage.database import Db
from storage.preferences import PreferencesChange, change_preferences
from tests.integration.studio import KYIV, Member, Studio
from workers import remind

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
LONG, SHORT = 1440, 120
EVENING = datetime(2031, 6, 5, 18, 0, tzinfo=KYIV).astimezone(UTC)
MORNING = datetime(2031, 6, 5, 9, 0, tzinfo=KYIV).astimezone(UTC)


@contextmanager
def only_what_comes(db: Db) -> Iterator[None]:
    """Let nothing be due that earlier tests left behind, and have the usual leads again afterwards."""
    db.execute("UPDATE bookings SET remind_at = NULL WHERE remind_at IS NOT NULL")
    db.execute("UPDATE passes SET expiry_told = true WHERE NOT expiry_told")
    db.execute("DELETE FROM notices")
    yield
    db.execute("UPDATE studio SET reminder_minutes = DEFAULT")


def run(studio: Studio, now: datetime) -> int:
    return remind.remind(studio.notifier_pool, studio.redis, now=now)


def booked(studio: Studio, starts_at: datetime = EVENING) -> tuple[TrainingSessionId, Member, BookingId]:
    session = studio.a_session(starts_at=starts_at)
    member = studio.a_member()
    booking = studio.book(session, member)
    studio.serve(session)
    return session, member, booking


def reminders_of(db: Db, booking: BookingId) -> list[tuple[int, datetime]]:
    """Return (minutes before the start, start) of each reminder, in the order they were written."""
    rows = db.execute(
        "SELECT details, starts_at FROM notices WHERE booking_id = %s AND kind = 'reminder' ORDER BY id", (booking,)
    )
    return [(details["lead_minutes"], starts_at) for details, starts_at in rows]


def choose_quiet_hours(db: Db, member: Member, quiet: QuietHours | None) -> None:
    assert change_preferences(db, member.id, PreferencesChange(changes_quiet_hours=True, quiet_hours=quiet))
