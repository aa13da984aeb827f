"""The schedule by the studio's calendar: a list of days, a week as a grid of days, a month at a glance."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response

from api.models.sessions import Session
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import names
from api.pages.rendering import framed_page
from api.pages.schedule_address import DAYS_MAX, WEEK, YEAR_MAX, YEAR_MIN, BadAddressError, View, read_address
from api.pages.schedule_data import Day, day_of, days_of, my_bookings, next_day, sessions_of
from api.pages.visitors import visitor
from api.routes.catalogue import get_studio, get_trainers, get_trainings

_GLANCE = 3  # sessions of a day that a month shows


@dataclass(frozen=True, slots=True)
class Cell:
    """A day in the table of a month: None instead of it where it belongs to the month beside.

    `glance` are the sessions that are shown of it, `mine` how many of all are the visitor's.
    """

    date: date
    day: Day | None
    glance: list[Session]
    mine: int


@pages.get("/")
def show_schedule() -> Response:
    """Show days of the schedule as a list: those that were chosen, else a week."""
    return _schedule_page("schedule.html", View.LIST)


@pages.get("/week")
def show_week() -> Response:
    """Show a week as a grid of days."""
    return _schedule_page("week.html", View.WEEK)


@pages.get("/month")
def show_month() -> Response:
    """Show a month at a glance."""
    return _schedule_page("month.html", View.MONTH)


def _schedule_page(template: str, view: View) -> Response:
    # Whoever is signed in is known before the first operation is asked.
    here, now = visitor(), datetime.now(UTC)
    studio = v1(get_studio)()
    zone = ZoneInfo(studio.time_zone)
    today = now.astimezone(zone).date()
    trainers, trainings = names(get_trainers), names(get_trainings)
    limits = {"year_min": YEAR_MIN, "year_max": YEAR_MAX, "days_max": DAYS_MAX}
    try:
        shown = read_address(view, today=today, trainers=trainers, trainings=trainings)
    except BadAddressError as bad:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return framed_page("schedule_fault.html", status=status, faults=bad.faults, today=today, **limits)
    sessions = sessions_of(shown, zone)
    days = days_of(shown, zone, sessions)
    mine = my_bookings(sessions, now) if here is not None else {}
    return framed_page(
        template,
        shown=shown,
        days=days,
        chosen=[day_of(one, zone, []) for one in (shown.chosen.first, shown.chosen.last)] if shown.chosen else [],
        weeks=_weeks(days, mine) if view is View.MONTH else [],
        trainers=trainers,
        trainings=trainings,
        studio=studio,
        today=today,
        now=now,
        mine=mine,
        next_day=None if sessions else next_day(shown, zone),
        **limits,
    )


def _weeks(days: list[Day], mine: Container[UUID]) -> list[list[Cell]]:
    """Return the weeks of a month, each from Monday to Sunday."""
    by_date = {day.date: day for day in days}
    monday = days[0].date - timedelta(days=days[0].date.weekday())
    weeks = []
    while monday <= days[-1].date:
        dates = [monday + timedelta(days=number) for number in range(WEEK.days)]
        weeks.append([_cell(one, by_date.get(one), mine) for one in dates])
        monday += WEEK
    return weeks


def _cell(at: date, day: Day | None, mine: Container[UUID]) -> Cell:
    sessions = day.sessions if day else []
    # What is mine is shown however late in the day it is.
    first = sorted(sessions, key=lambda one: one.id not in mine)[:_GLANCE]
    glance = [one for one in sessions if one in first]
    return Cell(at, day, glance, sum(one.id in mine for one in sessions))
