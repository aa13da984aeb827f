"""Changing and ending the rest of a series, from its page."""

from typing import Any
from uuid import UUID

from flask import Response

from api.language import gettext
from api.models.series_changes import RestBody, SeriesChangeBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import see_other
from api.pages.staff.forms import Form, attempt, number, refused
from api.pages.staff.frame import staff_only
from api.pages.staff.series import series_page
from api.pages.visitors import checked_form
from api.routes.staff_series_changes import end_series, post_series_change, preview_series_change
from domain.roles import Role


@pages.post("/staff/series/<uuid:id_>/change")
@staff_only(Role.ADMIN)
def do_change_series(id_: UUID) -> Response:
    """Say what a change would ask of the sessions, or ask it; what is wrong is said at its field."""
    fields = checked_form()
    saves = fields.get("then") == "save"
    operation = v1(post_series_change if saves else preview_series_change)
    changed = attempt(SeriesChangeBody, _values(fields), lambda body: operation(id_, body), filled=fields)
    if isinstance(changed, Form):
        return series_page(id_, change=changed)
    if not saves:
        return series_page(id_, change=Form(fields), changed=changed)
    return see_other(f"/staff/series/{id_}?asked={changed.sessions}")


@pages.post("/staff/series/<uuid:id_>/end")
@staff_only(Role.ADMIN)
def do_end_series(id_: UUID) -> Response:
    """Cancel the sessions from a day on, once that was said to be meant."""
    fields = checked_form()
    if "meant" not in fields:
        said = gettext("Tick this box if these sessions are to be cancelled.")
        return series_page(id_, end=refused(fields, {"meant": said}))
    values = {"from_on": fields.get("from_on", ""), "why": fields.get("why", ""), "overridden": "overridden" in fields}
    changed = attempt(RestBody, values, lambda body: v1(end_series)(id_, body), filled=fields)
    if isinstance(changed, Form):
        return series_page(id_, end=changed)
    return see_other(f"/staff/series/{id_}?asked={changed.sessions}")


def _values(fields: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: fields.get(name, "") for name in ("from_on", "why")}
    values["overridden"] = "overridden" in fields
    values |= {name: fields[name] for name in ("trainer_id", "space_id") if fields.get(name)}
    values |= {name: number(fields[name]) for name in ("capacity", "lasts_minutes") if fields.get(name, "").strip()}
    if fields.get("time"):
        # Browsers may send seconds with a time.
        values["time"] = fields["time"][:5]
    return values
