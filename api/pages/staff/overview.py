"""Where staff begin: the sessions of today and the next days, or of one day, each leading to its roster."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Response, request

from api.models.me import PageQuery
from api.models.sessions import SessionsQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import checked
from api.pages.rendering import framed_page
from api.pages.schedule_address import YEAR_MAX, YEAR_MIN
from api.pages.schedule_data import day_of, midnight
from api.pages.staff.frame import staff_only
from api.pages.visitors import visitor
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.catalogue import get_studio
from api.routes.sessions import get_sessions
from api.routes.staff_pass_requests import get_open_requests
from domain.roles import Role

DAYS = 7  # today and the next ones
LISTED_MAX = 100  # sessions on a page


@pages.get("/staff")
@staff_only(Role.TRAINER)
def show_overview() -> Response:
    """List the sessions of the day that the address names, or of today and the days after it."""
    zone = ZoneInfo(v1(get_studio)().time_zone)
    today = datetime.now(UTC).astimezone(zone).date()
    day = _day_in_address()
    first, count = (today, DAYS) if day is None else (day, 1)
    values = {
        "from": midnight(first, zone).isoformat(),
        "to": midnight(first + timedelta(days=count), zone).isoformat(),
        "cursor": request.args.get("cursor"),
        "limit": LISTED_MAX,
    }
    found = v1(get_sessions)(checked(SessionsQuery, values))
    by_day = groupby(found.items, key=lambda one: one.starts_at_local.date())
    return framed_page(
        "staff/overview.html",
        days=[day_of(date_, zone, list(sessions)) for date_, sessions in by_day],
        day=day,
        beside=None if day is None else (day - timedelta(days=1), day + timedelta(days=1)),
        today=today,
        next_cursor=found.next_cursor,
        now=datetime.now(UTC),
        tz=zone.key,
        requests=_requests_waiting(),
    )


def _requests_waiting() -> int:
    """Return how many requests for passes wait for this visitor to answer."""
    here = visitor()
    if here is None or not here.role.reaches(Role.ADMIN):
        return 0
    return v1(get_open_requests)(PageQuery(limit=1)).open


def _day_in_address() -> date | None:
    text = request.args.get("day")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not YEAR_MIN < day.year < YEAR_MAX:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={"day": "Write a day of the calendar as 2031-03-05."})
    return day
