"""Passes of members on the staff's pages: giving one, adding to it, letting it pay or not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response

from api.language import N_
from api.models.staff_members import WhyBody
from api.models.staff_passes import ExtendPassBody, GrantPassBody, KeyHeaders, PassType, PassTypes, PassTypesQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.passes import ShownPass
from api.pages.queries import checked, every, saved_words
from api.pages.rendering import framed_page
from api.pages.staff.forms import Form, attempt, done, number_or_none
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form, new_key
from api.routes.catalogue import get_studio
from api.routes.me import LEDGER_LINES_MAX
from api.routes.staff_members import get_member
from api.routes.staff_pass_types import get_pass_types
from api.routes.staff_passes import activate_pass, deactivate_pass, extend_pass, get_pass, grant_pass
from domain.roles import Role

_SAVED = {
    "extension": N_("The pass is extended, and the member is told"),
    "activation": N_("The pass pays again"),
    "deactivation": N_("The pass pays no more"),
}


@pages.get("/staff/members/<uuid:member_id>/passes/new")
@staff_only(Role.ADMIN)
def show_grant_pass(member_id: UUID) -> Response:
    """Ask which pass the member gets."""
    return _grant_page(member_id, Form({"key": new_key()}))


@pages.post("/staff/members/<uuid:member_id>/passes/new")
@staff_only(Role.ADMIN)
def do_grant_pass(member_id: UUID) -> Response:
    """Grant the pass once, however often the button is pressed."""
    fields = checked_form()
    headers = checked(KeyHeaders, {"idempotency_key": fields.get("key", "")})
    values: dict[str, Any] = {"pass_type_id": fields.get("pass_type_id", ""), "why": fields.get("why", "")}
    terms = {name: number_or_none(fields.get(name, "")) for name in ("sessions", "days")}
    if any(value is not None for value in terms.values()):
        values = {**values, **terms}
    granted = attempt(
        GrantPassBody,
        values,
        lambda body: v1(grant_pass)(member_id, json_data=body, headers_data=headers),
        filled=fields,
    )
    if isinstance(granted, Form):
        return _grant_page(member_id, granted)
    return done(f"/staff/members/{member_id}", "granted")


@pages.get("/staff/passes/<uuid:pass_id>")
@staff_only(Role.ADMIN)
def show_pass(pass_id: UUID) -> Response:
    """Show the pass with its ledger, and what can be done with it."""
    return _pass_page(pass_id)


@pages.post("/staff/passes/<uuid:pass_id>/extension")
@staff_only(Role.ADMIN)
def do_extend_pass(pass_id: UUID) -> Response:
    """Add to the pass once, however often the button is pressed."""
    fields = checked_form()
    headers = checked(KeyHeaders, {"idempotency_key": fields.get("key", "")})
    values = {
        "sessions": number_or_none(fields.get("sessions", "")),
        "days": number_or_none(fields.get("days", "")),
        "why": fields.get("why", ""),
    }
    extended = attempt(
        ExtendPassBody,
        values,
        lambda body: v1(extend_pass)(pass_id, json_data=body, headers_data=headers),
        filled=fields,
    )
    return _answered(pass_id, extended, "extension")


@pages.post("/staff/passes/<uuid:pass_id>/activation")
@staff_only(Role.ADMIN)
def do_activate_pass(pass_id: UUID) -> Response:
    """Let the pass pay again."""
    return _switched(pass_id, v1(activate_pass), "activation")


@pages.post("/staff/passes/<uuid:pass_id>/deactivation")
@staff_only(Role.ADMIN)
def do_deactivate_pass(pass_id: UUID) -> Response:
    """Let the pass pay no more."""
    return _switched(pass_id, v1(deactivate_pass), "deactivation")


def _switched(pass_id: UUID, operation: Callable[[UUID, WhyBody], object], what: str) -> Response:
    fields = checked_form()
    came = attempt(WhyBody, {"why": fields.get("why", "")}, lambda body: operation(pass_id, body), filled=fields)
    return _answered(pass_id, came, what)


def _answered(pass_id: UUID, came: object, what: str) -> Response:
    return _pass_page(pass_id, came, what) if isinstance(came, Form) else done(f"/staff/passes/{pass_id}", what)


def _pass_page(pass_id: UUID, refused: Form | None = None, what: str = "") -> Response:
    forms = {"extension": Form({"key": new_key()}), "activation": Form(), "deactivation": Form()}
    time_zone, found = v1(get_studio)().time_zone, v1(get_pass)(pass_id)
    return framed_page(
        "staff/pass.html",
        status=refused.status if refused else 200,
        shown=ShownPass(found, time_zone, datetime.now(UTC)),
        member=v1(get_member)(found.member.id),
        lines_max=LEDGER_LINES_MAX,
        time_zone=time_zone,
        refused=refused,
        forms=forms if refused is None else {**forms, what: refused},
        saved=saved_words(_SAVED),
    )


def _grant_page(member_id: UUID, form: Form) -> Response:
    return framed_page(
        "staff/pass_grant.html",
        status=form.status,
        member=v1(get_member)(member_id),
        types=_offered_types(),
        form=form,
    )


def _offered_types() -> list[PassType]:
    def page_from(cursor: str | None) -> PassTypes:
        return v1(get_pass_types)(PassTypesQuery.model_validate({"offered": True, "cursor": cursor}))

    return list(every(page_from))
