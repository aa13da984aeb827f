"""Asking for a pass, and withdrawing what was asked for; the answers are among my passes."""

from uuid import UUID

from flask import Response
from pydantic import ValidationError

from api.language import N_, gettext
from api.models.common import NoFields
from api.models.me import PageQuery
from api.models.pass_requests import AskForPassBody, OfferedPassType, OfferedPassTypes
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import every
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import checked_form, members_only
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.pass_requests import ask_for_a_pass, get_offered_types, withdraw_my_request

SAVED = {
    "asked": N_("The studio has your request; the answer will be here"),
    "withdrawn": N_("The request is withdrawn"),
}
"""What the page of passes says when it is gone back to, by what was done."""

_REFUSALS = {
    ProblemCode.PASS_REQUEST_OPEN: N_("You have asked for this pass already; the answer is still to come."),
    ProblemCode.PASS_TYPE_NOT_FOUND: N_("This pass is not offered any more; choose another one."),
}


@pages.get("/passes/ask")
@members_only
def show_ask_for_pass() -> Response:
    """Show what is offered."""
    return _form_page()


@pages.post("/passes/ask")
@members_only
def do_ask_for_pass() -> Response:
    """Ask for the pass chosen, and go back to the passes; say on the form why it cannot be asked for."""
    fields = checked_form()
    chosen, message = fields.get("type", ""), fields.get("message", "")
    try:
        v1(ask_for_a_pass)(AskForPassBody.model_validate({"pass_type_id": chosen, "message": message}))
    except ValidationError as error:
        too_long = any(found["loc"][:1] == ("message",) for found in error.errors())
        wrong = gettext("Write at most 500 characters.") if too_long else gettext("Choose a pass.")
        return _form_page(chosen, message, wrong, status=422)
    except ProblemError as problem:
        if problem.code not in _REFUSALS:
            raise
        return _form_page(chosen, message, gettext(_REFUSALS[problem.code]), status=int(problem.kind.status))
    return see_other("/passes?saved=asked")


@pages.post("/passes/requests/<uuid:request_id>/withdrawal")
@members_only
def do_withdraw_request(request_id: UUID) -> Response:
    """Withdraw the request, and go back to the passes, which say what became of it if staff were first."""
    checked_form()
    try:
        v1(withdraw_my_request)(request_id, json_data=NoFields())
    except ProblemError as problem:
        if problem.code is not ProblemCode.PASS_REQUEST_ANSWERED:
            raise
        return see_other("/passes")
    return see_other("/passes?saved=withdrawn")


def _form_page(chosen: str = "", message: str = "", wrong: str = "", *, status: int = 200) -> Response:
    return framed_page("pass_ask.html", status=status, types=_offered(), chosen=chosen, message=message, wrong=wrong)


def _offered() -> list[OfferedPassType]:
    def page_from(cursor: str | None) -> OfferedPassTypes:
        return v1(get_offered_types)(PageQuery(cursor=cursor, limit=None))

    return list(every(page_from))
