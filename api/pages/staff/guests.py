"""Adding a guest to a session: the form on its roster, and the same form again with what is wrong."""

from collections.abc import Callable
from uuid import UUID

from flask import Response

from api.language import gettext
from api.models.staff_guests import AddGuestBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.staff.acting import Give, carry_out
from api.pages.staff.forms import WHOLE, Form
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form, new_key
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.sessions import get_session
from api.routes.staff_guests import add_guest
from domain.refusals import SENTENCES
from domain.roles import Role


@pages.get("/staff/sessions/<uuid:session_id>/guests")
@staff_only(Role.TRAINER)
def show_add_guest(session_id: UUID) -> Response:
    """Ask who comes along."""
    return _form_page(session_id, Form(), new_key())


@pages.post("/staff/sessions/<uuid:session_id>/guests")
@staff_only(Role.TRAINER)
def do_add_guest(session_id: UUID) -> Response:
    """Add the guest once, however often the button is pressed, and go to the roster, which says what came of it."""
    fields = checked_form()
    values = {"name": fields.get("name", ""), "email": fields.get("email") or None, "why": fields.get("why", "")}
    try:
        came = carry_out(session_id, fields, AddGuestBody, values, _giving_guest(session_id))
    except ProblemError as problem:
        if problem.code is not ProblemCode.REFUSED:
            raise
        said = " ".join(gettext(SENTENCES[reason]) for reason in problem.reasons)
        return _form_page(session_id, Form(fields, {WHOLE: said}, status=409), new_key())
    return _form_page(session_id, came, fields.get("key") or new_key()) if isinstance(came, Form) else came


def _giving_guest(session_id: UUID) -> Callable[[AddGuestBody], Give]:
    return lambda body: lambda _, headers: v1(add_guest)(session_id, json_data=body, headers_data=headers)


def _form_page(session_id: UUID, form: Form, key: str) -> Response:
    session = v1(get_session)(session_id)
    return framed_page(
        "staff/guest.html",
        status=form.status,
        session=session,
        form=form,
        key=key,
        tz=session.time_zone,
    )
