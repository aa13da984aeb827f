"""The schedule: one week of sessions by the studio's calendar, as a list and as a grid of days."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, request

from api.models.common import Named
from api.models.me import Booking, BookingsQuery, PageQuery
from api.models.sessions import NamesPage, Session, SessionsQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.visitors import visitor
from api.problems import ProblemCode, ProblemError
from api.routes.catalogue import get_studio, get_trainers, get_trainings
from api.routes.me import get_bookings
from api.routes.sessions import get_sessions

YEAR_MIN, YEAR_MAX = 2000, 2100  # far outside any schedule, and far inside what dates can hold
_WEEK = timedelta(days=7)

T = TypeVar("T")


class _Page(Protocol[T]):
    @property
    def items(self) -> list[T]: ...

    @property
    def next_cursor(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What the address asks for: the week of `day`, of one trainer, of one training; None is all of them."""

    path: str
    day: date
    trainer: UUID | None
    training: UUID | None

    @property
    def monday(self) -> date:
        """The first day of the week."""
        return self.day - timedelta(days=self.day.weekday())

    @property
    def is_filtered(self) -> bool:
        """Whether only some of the week's sessions are shown."""
        return self.trainer is not None or self.training is not None

    def at(self, *, path: str | None = None, day: date | None = None) -> str:
        """Return the address of this page in another shape, or of another day, with the same filters."""
        chosen = {"day": day or self.day, "trainer": self.trainer, "training": self.training}
        return f"{path or self.path}?{urlencode({name: value for name, value in chosen.items() if value})}"

    def unfiltered(self) -> str:
        """Return the address of the whole week."""
        return replace(self, trainer=None, training=None).at()


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the studio's calendar with its sessions; `noon` is an instant that lies in it."""

    date: date
    noon: datetime
    sessions: list[Session]


@pages.get("/")
def show_schedule() -> Response:
    """Show a week of the schedule as a list."""
    return _week_page("schedule.html", "/")


@pages.get("/week")
def show_week() -> Response:
    """Show the same week as a grid of days."""
    return _week_page("week.html", "/week")


def _week_page(template: str, path: str) -> Response:
    # Whoever is signed in is known before the first operation is asked.
    here, now = visitor(), datetime.now(UTC)
    studio = v1(get_studio)()
    zone = ZoneInfo(studio.time_zone)
    today = now.astimezone(zone).date()
    trainers, trainings = _names(get_trainers), _names(get_trainings)
    shown = _read_address(path, today, trainers, trainings)
    sessions = _sessions_of_week(shown, zone)
    days = [_day(shown.monday + timedelta(days=number), zone, sessions) for number in range(7)]
    return framed_page(
        template,
        shown=shown,
        days=days,
        trainers=trainers,
        trainings=trainings,
        studio=studio,
        today=today,
        now=now,
        mine=_my_bookings() if here is not None and sessions else {},
        next_day=None if sessions else _next_day(shown, zone),
        week_before=shown.monday - _WEEK,
        week_after=shown.monday + _WEEK,
    )


def _read_address(path: str, today: date, trainers: list[Named], trainings: list[Named]) -> Shown:
    errors: dict[str, str] = {}
    shown = Shown(
        path,
        _read_day(errors, today),
        _read_choice(errors, "trainer", trainers),
        _read_choice(errors, "training", trainings),
    )
    if errors:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=errors)
    return shown


def _read_day(errors: dict[str, str], today: date) -> date:
    text = request.args.get("day", "")
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        errors["day"] = f"This is no day of the calendar; write one as {today.isoformat()}."
    elif not YEAR_MIN < day.year < YEAR_MAX:
        errors["day"] = f"The schedule knows days between {YEAR_MIN} and {YEAR_MAX} only; choose one of them."
    return day or today


def _read_choice(errors: dict[str, str], name: str, choices: list[Named]) -> UUID | None:
    text = request.args.get(name, "")
    if not text:
        return None
    for choice in choices:
        if str(choice.id) == text:
            return choice.id
    errors[name] = f"There is no such {name}; choose one on the schedule."
    return None


def _sessions_of_week(shown: Shown, zone: ZoneInfo) -> list[Session]:
    query = {
        "from": _midnight(shown.monday, zone).isoformat(),
        "to": _midnight(shown.monday + _WEEK, zone).isoformat(),
        "trainer_id": shown.trainer,
        "training_id": shown.training,
    }
    return list(_every(lambda cursor: v1(get_sessions)(SessionsQuery.model_validate({**query, "cursor": cursor}))))


def _next_day(shown: Shown, zone: ZoneInfo) -> date | None:
    """Return the day of the first session behind this week, where the week has none."""
    query = {
        "from": _midnight(shown.monday + _WEEK, zone).isoformat(),
        "trainer_id": shown.trainer,
        "training_id": shown.training,
        "limit": 1,
    }
    found = v1(get_sessions)(SessionsQuery.model_validate(query)).items
    return found[0].starts_at.astimezone(zone).date() if found else None


def _day(day: date, zone: ZoneInfo, sessions: list[Session]) -> Day:
    its = [session for session in sessions if session.starts_at_local.date() == day]
    return Day(day, datetime.combine(day, time(12), zone), its)


def _my_bookings() -> dict[UUID, Booking]:
    """Return the visitor's live bookings by session: the next ones and the latest, a page of each."""
    pages_of_mine = [v1(get_bookings)(BookingsQuery.model_validate({"when": when})) for when in ("upcoming", "past")]
    return {one.session_id: one for page in pages_of_mine for one in page.items if one.status != "cancelled"}


def _names(operation: Callable[[PageQuery], NamesPage]) -> list[Named]:
    return list(_every(lambda cursor: v1(operation)(PageQuery(cursor=cursor, limit=None))))


def _every(page_from: Callable[[str | None], _Page[T]]) -> Iterator[T]:
    """Yield the items of all pages of a list."""
    page = page_from(None)
    yield from page.items
    while page.next_cursor is not None:
        page = page_from(page.next_cursor)
        yield from page.items


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
