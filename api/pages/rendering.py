"""Pages for people: none needs a script, nothing is from elsewhere, and the same frame is around each."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, render_template
from markupsafe import Markup, escape

from api import language
from api.language import gettext, pgettext, say_date
from api.pages import cards
from api.pages.visitors import visitor

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
FRAMED_POLICY = f"{POLICY}; script-src 'self'; connect-src 'self'"


_TICK = timedelta(microseconds=1)


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return the template as a page that browsers let do nothing but show itself and send its own forms here."""
    html = render_template(template, **values)
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Language": language.language(),
        "X-Robots-Tag": "noindex",
    }
    return Response(html, status, headers, content_type="text/html; charset=utf-8")


def framed_page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page with the frame of the members' client around it, which greets whoever is signed in.

    Only these may run scripts, our own files, which keep what a page shows up to date and send its forms.
    """
    answer = page(template, status=status, visitor=visitor(), **values)
    answer.headers["Content-Security-Policy"] = FRAMED_POLICY
    # Its forms are told from those of other sites by where they come from, which browsers must be let say.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def see_other(target: str) -> Response:
    """Return the way on to another page after a form, by GET, so that loading it again sends nothing again."""
    return Response(status=303, headers={"Location": target})


def register(app: Flask) -> None:
    """Teach the templates to translate, and to say instants; each is given an instant and the studio's zone."""
    language.register(app)
    app.jinja_env.filters |= {
        "day": day,
        "clock": clock,
        "moment": moment,
        "when": when,
        "valid_until": valid_until,
        "iso": _iso,
        "as_instant": _as_instant,
    }
    app.jinja_env.filters |= {"date": say_day, "month": month, "weekday": weekday, "weekday_short": weekday_short}
    cards.register(app)


def day(instant: datetime, time_zone: str) -> str:
    """Return the day: `Thu 5 March`, with the year where it is not this one."""
    local = instant.astimezone(ZoneInfo(time_zone))
    is_this_year = local.year == datetime.now(local.tzinfo).year
    # The patterns are those of Unicode (UTS 35): day of the week, of the month, month, year.
    pattern = pgettext("date", "EEE d MMMM") if is_this_year else pgettext("date", "EEE d MMMM y")
    return say_date(local.date(), pattern)


def say_day(of: date) -> str:
    """Return a day of the calendar, always with its year: `Thu 5 March 2031`."""
    return say_date(of, pgettext("date", "EEE d MMMM y"))


def month(of: date) -> str:
    """Return the month: `March 2031`."""
    return say_date(of, pgettext("date", "MMMM y"))


def weekday(of: date) -> str:
    """Return the day of the week: `Monday`."""
    return say_date(of, "EEEE")


def weekday_short(of: date) -> str:
    """Return the day of the week in short: `Mon`."""
    return say_date(of, pgettext("date", "EEE"))


def clock(instant: datetime, time_zone: str) -> str:
    """Return the time of day: `18:00`."""
    return f"{instant.astimezone(ZoneInfo(time_zone)):%H:%M}"


def moment(instant: datetime, time_zone: str) -> str:
    """Return day and time: `Thu 5 March, 18:00`."""
    return f"{day(instant, time_zone)}, {clock(instant, time_zone)}"


def when(instant: datetime, time_zone: str) -> Markup:
    """Return day and time as `moment` says them, marked for programs to read: a `<time>`."""
    return Markup(f'<time datetime="{_iso(instant)}">{escape(moment(instant, time_zone))}</time>')  # noqa: S704 - escaped


def valid_until(ends: datetime, time_zone: str) -> str:
    """Return until when something is valid that is void from `ends` on: the whole day before, if that is midnight."""
    zone, last = ZoneInfo(time_zone), ends - _TICK
    if last.astimezone(zone).date() != ends.astimezone(zone).date():
        return gettext("until and including %(day)s") % {"day": day(last, time_zone)}
    return gettext("until %(moment)s") % {"moment": moment(ends, time_zone)}


def _as_instant(value: datetime | str) -> datetime:
    """Return an instant that a problem carries in its written form."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _iso(instant: datetime) -> str:
    return instant.isoformat()
