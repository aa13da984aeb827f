"""Planning one session: a form, what would come of it, and saving."""

from typing import Any

from flask import Response, request

from api.models.common import Named
from api.models.planning import PlanBody, SessionPlanBody
from api.models.staff_catalogue import CatalogueQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import every
from api.pages.rendering import framed_page, see_other
from api.pages.staff.fields import Form, FormFaultError, number, read_form
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.problems import ProblemError
from api.routes.catalogue import get_studio
from api.routes.staff_catalogue import get_staff_spaces, get_staff_trainers, get_staff_trainings
from api.routes.staff_planning import post_staff_session, preview_session
from domain.roles import Role

TIMES = ("offer_pause_from", "offer_pause_until")
NUMBERS = tuple(name for name in PlanBody.model_fields if not name.endswith("_id") and name not in TIMES)
_LISTS = {"trainings": get_staff_trainings, "trainers": get_staff_trainers, "spaces": get_staff_spaces}


@pages.get("/staff/plan")
@staff_only(Role.ADMIN)
def show_plan() -> Response:
    """Show the form, with what the address chooses already."""
    return _page(Form({name: value for name, value in request.args.items() if name in {"date", "time"}}))


@pages.post("/staff/plan")
@staff_only(Role.ADMIN)
def do_plan() -> Response:
    """Preview the session, or put it into the schedule and go there; what is wrong is said at its field."""
    fields = checked_form()
    try:
        body = read_form(SessionPlanBody, {**plan_values(fields), "starts_at_local": _start(fields)})
        if fields.get("then") != "save":
            return _page(Form(fields), preview=v1(preview_session)(body))
        made = v1(post_staff_session)(body)
    except FormFaultError as fault:
        return _page(Form(fields, fault.errors), status=422)
    except ProblemError as problem:
        if not problem.errors and not problem.conflicts:
            raise
        return _page(Form(fields, problem.errors), conflicts=problem.conflicts, status=int(problem.kind.status))
    return see_other(f"/sessions/{made.id}")


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


def _page(form: Form, *, preview: Any = None, conflicts: Any = (), status: int = 200) -> Response:
    return framed_page(
        "staff/plan.html",
        status=status,
        form=form,
        choices=choices(),
        preview=preview,
        conflicts=preview.conflicts if preview else conflicts,
        time_zone=v1(get_studio)().time_zone,
    )
