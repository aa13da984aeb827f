"""Series: their list, a form with a look at what would come of it, and the sessions of one."""

from typing import Any
from uuid import UUID

from flask import Response, request

from api.language import N_, gettext
from api.models.me import PageQuery
from api.models.series import SeriesBody, SeriesMade, SeriesPreview, SeriesQuery
from api.models.series_changes import SeriesChanged
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import query_of
from api.pages.rendering import framed_page, see_other
from api.pages.staff.forms import Form, attempt, number
from api.pages.staff.frame import staff_only
from api.pages.staff.plan import choices, plan_values
from api.pages.staff.rule_words import NTH_NAMES, WEEKDAY_NAMES, say_rule
from api.pages.visitors import checked_form
from api.routes.catalogue import get_studio
from api.routes.staff_series import (
    get_staff_series,
    get_staff_series_list,
    get_staff_series_sessions,
    post_staff_series,
    preview_series,
)
from domain.roles import Role
from domain.series import WEEKDAYS

EMPTY = Form()
FREQUENCIES = (
    ("weekly", N_("Weekly")),
    ("daily", N_("Daily")),
    ("monthly", N_("Monthly")),
)


@pages.get("/staff/series")
@staff_only(Role.ADMIN)
def list_all_series() -> Response:
    """List the series, the newest first."""
    page = v1(get_staff_series_list)(query_of(SeriesQuery, "cursor"))
    return framed_page("staff/series_list.html", page=page)


@pages.get("/staff/series/new")
@staff_only(Role.ADMIN)
def show_new_series() -> Response:
    """Show the form."""
    return _page(Form({"frequency": "weekly", "interval": 1}))


@pages.post("/staff/series/new")
@staff_only(Role.ADMIN)
def do_plan_series() -> Response:
    """Preview the series, or make it and go there; what is wrong is said at its field."""
    fields = checked_form()
    saves = fields.get("then") == "save"
    came = attempt(SeriesBody, _values(fields), v1(post_staff_series if saves else preview_series), filled=fields)
    if isinstance(came, Form):
        return _page(came)
    if isinstance(came, SeriesMade):
        return see_other(f"/staff/series/{came.id}?made={came.made}&left_out={came.left_out}")
    assert isinstance(came, SeriesPreview)  # noqa: S101 - the one or the other operation was called
    return _page(Form(fields), preview=came)


@pages.get("/staff/series/<uuid:id_>")
@staff_only(Role.ADMIN)
def show_series(id_: UUID) -> Response:
    """Show a series and its sessions that are still to begin, with the ways to change and to end the rest of it."""
    return series_page(id_)


def series_page(
    id_: UUID, *, change: Form = EMPTY, end: Form = EMPTY, changed: SeriesChanged | None = None
) -> Response:
    """Return a series' page with its two forms; `changed` is what a change would ask of its sessions."""
    query, series = query_of(PageQuery, "cursor"), v1(get_staff_series)(id_)
    return framed_page(
        "staff/series.html",
        status=max(change.status, end.status),
        series=series,
        rule=say_rule(series.rule),
        page=v1(get_staff_series_sessions)(id_, query),
        made=_told_number("made"),
        left_out=_told_number("left_out"),
        asked=_told_number("asked"),
        change=change,
        end=end,
        changed=changed,
        choices=choices(),
        time_zone=v1(get_studio)().time_zone,
    )


def _told_number(name: str) -> int | None:
    told = number(request.args.get(name, ""))
    return told if isinstance(told, int) else None


def _values(fields: dict[str, str]) -> dict[str, Any]:
    """Return the form as the operation's input; what is left empty is not sent."""
    values: dict[str, Any] = plan_values(fields)
    values["frequency"] = fields.get("frequency", "")
    values["weekdays"] = [day for day in WEEKDAYS if f"weekday_{day}" in fields]
    values["times"] = _several(fields.get("times", ""))
    values["except_on"] = _several(fields.get("except_on", ""))
    values["starts_on"] = fields.get("starts_on", "")
    values["leave_out_conflicts"] = "leave_out_conflicts" in fields
    values |= {
        name: number(fields[name]) for name in ("interval", "month_day", "count") if fields.get(name, "").strip()
    }
    if fields.get("ends_on"):
        values["ends_on"] = fields["ends_on"]
    if fields.get("nth"):
        values["nth"] = -1 if fields["nth"] == "-1" else number(fields["nth"])
    return values


def _several(typed: str) -> list[str]:
    return typed.replace(",", " ").replace(";", " ").split()


def _page(form: Form, *, preview: SeriesPreview | None = None) -> Response:
    return framed_page(
        "staff/series_form.html",
        status=form.status,
        form=form,
        choices=choices(),
        frequencies=[(value, gettext(name)) for value, name in FREQUENCIES],
        nths=[(value, gettext(name)) for value, name in NTH_NAMES.items()],
        days=[(value, gettext(name)) for value, name in WEEKDAY_NAMES.items()],
        preview=preview,
        conflicts=preview.conflicts if preview else form.conflicts,
        time_zone=v1(get_studio)().time_zone,
    )
