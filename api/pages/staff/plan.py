"""Planning one session: a form, what would come of it, and saving."""

from typing import Any

from flask import Response, request

from api.models.common import Named
from api.models.planning import PlanBody, SessionPlanBody
from api.models.sessions import Session
from api.models.staff_catalogue import CatalogueQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import every
from api.pages.rendering import framed_page, see_other
from api.pages.staff.forms import Form, attempt, number
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.routes.catalogue import get_studio
from api.routes.staff_catalogue import get_staff_spaces, get_staff_trainers, get_staff_trainings
from api.routes.staff_planning import post_staff_session, preview_session
from domain.roles import Role

TIMES = ("offer_pause_from", "offer_pause_until")
NUMBERS = tuple(name for name in PlanBody.model_fields if not name.endswith("_id") and name not in TIMES)
CHOSEN = ("date", "time", "training_id", "trainer_id", "space_id")
"""What the address may choose already."""
_LISTS = {"trainings": get_staff_trainings, "trainers": get_staff_trainers, "spaces": get_staff_spaces}


@pages.get("/staff/plan")
@staff_only(Role.ADMIN)
def show_plan() -> Response:
    """Show the form, with what the address chooses already."""
    return _page(Form({name: value for name, value in request.args.items() if name in CHOSEN}))


@pages.post("/staff/plan")
@staff_only(Role.ADMIN)
def do_plan() -> Response:
    """Preview the session, or put it into the schedule and go there; what is wrong is said at its field."""
    fields = checked_form()
    saves = fields.get("then") == "save"
    values = {**plan_values(fields), "starts_at_local": _start(fields)}
    came = attempt(SessionPlanBody, values, v1(post_staff_session if saves else preview_session), filled=fields)
    if isinstance(came, Form):
        return _page(came)
    return see_other(f"/staff/sessions/{came.id}") if isinstance(came, Session) else _page(Form(fields), preview=came)


def plan_values(fields: dict[str, str]) -> dict[str, Any]:
    """Return what is planned as the operation's input: a number that is left empty is the training's own."""
    values: dict[str, Any] = {name: fields.get(name, "") for name in ("training_id", "trainer_id", "space_id")}
    values |= {name: number(fields[name]) for name in NUMBERS if fields.get(name, "").strip()}
    # Browsers may send seconds with a time.
    return values | {name: fields[name][:5] for name in TIMES if fields.get(name, "").strip()}


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return what a session can be made of, by list, as a form's options."""
    return {name: [(str(one.id), one.name) for one in _offered(listing)] for name, listing in _LISTS.items()}


def _offered(listing: Any) -> list[Named]:
    return list(every(lambda cursor: v1(listing)(CatalogueQuery(retired=False, cursor=cursor, limit=None))))


def _start(fields: dict[str, str]) -> str:
    # Browsers may send seconds with a time.
    return f"{fields.get('date', '')}T{fields.get('time', '')[:5]}"


def _page(form: Form, *, preview: Any = None) -> Response:
    return framed_page(
        "staff/plan.html",
        status=form.status,
        form=form,
        choices=choices(),
        preview=preview,
        conflicts=preview.conflicts if preview else form.conflicts,
        time_zone=v1(get_studio)().time_zone,
    )
