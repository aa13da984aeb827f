"""What the schedule shows, read page by page from the interface."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

from api.models.me import Booking, BookingsQuery
from api.models.sessions import Session, SessionsQuery
from api.pages.interface import v1
from api.pages.queries import every
from api.pages.schedule_address import Shown
from api.routes.me import get_bookings
from api.routes.sessions import get_sessions

_CLOCKS_DIFFER = timedelta(minutes=5)  # at most: the database's clock says what is past, ours what we ask for


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the studio's calendar with its sessions; `noon` is an instant that lies in it."""

    date: date
    noon: datetime
    sessions: list[Session]


def sessions_of(shown: Shown, zone: ZoneInfo) -> list[Session]:
    """Return all sessions of the days that are shown."""
    query = {**_query(shown, shown.days.first, zone), "to": midnight(shown.days.after, zone).isoformat()}
    return list(every(lambda cursor: v1(get_sessions)(SessionsQuery.model_validate({**query, "cursor": cursor}))))


def next_day(shown: Shown, zone: ZoneInfo) -> Day | None:
    """Return the day of the first session behind the days that are shown."""
    query = {**_query(shown, shown.days.after, zone), "limit": 1}
    found = v1(get_sessions)(SessionsQuery.model_validate(query)).items
    return day_of(found[0].starts_at.astimezone(zone).date(), zone, found) if found else None


def days_of(shown: Shown, zone: ZoneInfo, sessions: list[Session]) -> list[Day]:
    """Return each day that is shown, with its sessions."""
    by_day: dict[date, list[Session]] = {day: [] for day in shown.days}
    for session in sessions:
        by_day[session.starts_at_local.date()].append(session)
    return [day_of(day, zone, its) for day, its in by_day.items()]


def day_of(day: date, zone: ZoneInfo, sessions: list[Session]) -> Day:
    """Return the day."""
    return Day(day, datetime.combine(day, time(12), zone), sessions)


def my_bookings(sessions: list[Session], now: datetime) -> dict[UUID, Booking]:
    """Return the visitor's live bookings of these sessions, by session.

    Upcoming bookings come soonest first and past ones latest first, so of each list no page is read behind that which
    leads out of these sessions' days.
    """
    if not sessions:
        return {}
    first, last = sessions[0].starts_at, sessions[-1].starts_at
    found: list[Booking] = []
    if last > now - _CLOCKS_DIFFER:
        found += takewhile(lambda one: one.session.starts_at <= last, _bookings("upcoming"))
    if first < now + _CLOCKS_DIFFER:
        found += takewhile(lambda one: one.session.starts_at >= first, _bookings("past"))
    return {one.session_id: one for one in found if one.status != "cancelled"}


def _bookings(when: str) -> Iterator[Booking]:
    return every(lambda cursor: v1(get_bookings)(BookingsQuery.model_validate({"when": when, "cursor": cursor})))


def _query(shown: Shown, day: date, zone: ZoneInfo) -> dict[str, object]:
    start = midnight(day, zone).isoformat()
    return {"from": start, "trainer_id": shown.trainer, "training_id": shown.training}


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which the day begins by the studio's clocks."""
    return datetime.combine(day, time(), zone)
