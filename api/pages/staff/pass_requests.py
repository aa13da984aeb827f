"""Requests for passes on the staff's pages: what waits, and answering one."""

from typing import Any
from uuid import UUID

from flask import Response

from api.language import N_
from api.models.me import PageQuery
from api.models.pass_requests import DeclineRequestBody, GrantRequestBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import query_of, saved_words
from api.pages.rendering import framed_page
from api.pages.staff.forms import Form, attempt, done, number_or_none
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.routes.catalogue import get_studio
from api.routes.staff_pass_requests import decline_request, get_open_requests, get_request, grant_request
from api.routes.staff_pass_types import get_pass_type
from domain.roles import Role

_SAVED = {
    "granted": N_("The pass is granted, and the member is told"),
    "declined": N_("The request is declined, and the member is told why"),
}


@pages.get("/staff/pass-requests")
@staff_only(Role.ADMIN)
def show_pass_requests() -> Response:
    """List the requests that wait, longest first."""
    page = v1(get_open_requests)(query_of(PageQuery, "cursor"))
    return framed_page(
        "staff/pass_requests.html", page=page, saved=saved_words(_SAVED), time_zone=v1(get_studio)().time_zone
    )


@pages.get("/staff/pass-requests/<uuid:request_id>")
@staff_only(Role.ADMIN)
def show_pass_request(request_id: UUID) -> Response:
    """Show the request, and while it is open the forms that answer it."""
    return _request_page(request_id)


@pages.post("/staff/pass-requests/<uuid:request_id>/grant")
@staff_only(Role.ADMIN)
def do_grant_request(request_id: UUID) -> Response:
    """Grant the pass, and go back to what waits."""
    fields = checked_form()
    values: dict[str, Any] = {"why": fields.get("why", "")}
    terms = {name: number_or_none(fields.get(name, "")) for name in ("sessions", "days")}
    if any(value is not None for value in terms.values()):
        values = {**values, **terms}
    came = attempt(GrantRequestBody, values, lambda body: v1(grant_request)(request_id, json_data=body), filled=fields)
    return _answered(request_id, came, "granted")


@pages.post("/staff/pass-requests/<uuid:request_id>/decline")
@staff_only(Role.ADMIN)
def do_decline_request(request_id: UUID) -> Response:
    """Decline the request, and go back to what waits."""
    fields = checked_form()
    came = attempt(
        DeclineRequestBody,
        {"reason": fields.get("reason", "")},
        lambda body: v1(decline_request)(request_id, json_data=body),
        filled=fields,
    )
    return _answered(request_id, came, "declined")


def _answered(request_id: UUID, came: object, what: str) -> Response:
    return _request_page(request_id, came, what) if isinstance(came, Form) else done("/staff/pass-requests", what)


def _request_page(request_id: UUID, refused: Form | None = None, what: str = "") -> Response:
    found = v1(get_request)(request_id)
    return framed_page(
        "staff/pass_request.html",
        status=refused.status if refused else 200,
        asked=found,
        type=v1(get_pass_type)(found.pass_type.id),
        refused=refused or Form(),
        forms={"granted": Form(), "declined": Form()} | ({} if refused is None else {what: refused}),
        time_zone=v1(get_studio)().time_zone,
    )
