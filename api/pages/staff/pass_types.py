"""Types of passes on the staff's pages: the list, making one, changing one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response

from api.language import N_
from api.models.common import Named
from api.models.staff_passes import ChangePassTypeBody, NewPassTypeBody, PassType, PassTypesQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import names, query_of, saved_words
from api.pages.rendering import framed_page
from api.pages.staff.forms import Wrong, attempt, done, whole_number
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.routes.catalogue import get_trainings
from api.routes.staff_pass_types import change_type, create_type, get_pass_type, get_pass_types
from domain.roles import Role

_TRAINING = "training."
_SAVED = {"created": N_("The type is made"), "changed": N_("Saved")}


@pages.get("/staff/passes")
@staff_only(Role.ADMIN)
def show_pass_types() -> Response:
    """List the types, those that are not offered among them."""
    query = query_of(PassTypesQuery, "cursor")
    return framed_page("staff/pass_types.html", page=v1(get_pass_types)(query), saved=saved_words(_SAVED))


@pages.get("/staff/passes/types/new")
@staff_only(Role.ADMIN)
def show_new_pass_type() -> Response:
    """Ask what the type says."""
    return _form_page(None, None)


@pages.post("/staff/passes/types/new")
@staff_only(Role.ADMIN)
def do_create_pass_type() -> Response:
    """Make the type; say on the form what is wrong."""
    fields = checked_form()
    wrong = attempt(NewPassTypeBody, _values(fields), v1(create_type), filled=fields)
    return done("/staff/passes", "created") if wrong is None else _form_page(None, wrong)


@pages.get("/staff/passes/types/<uuid:type_id>")
@staff_only(Role.ADMIN)
def show_pass_type(type_id: UUID) -> Response:
    """Show the type's terms, to be changed."""
    return _form_page(v1(get_pass_type)(type_id), None)


@pages.post("/staff/passes/types/<uuid:type_id>")
@staff_only(Role.ADMIN)
def do_change_pass_type(type_id: UUID) -> Response:
    """Change the type; say on the form what is wrong."""
    fields = checked_form()
    values = {**_values(fields), "why": fields.get("why", "")}
    wrong = attempt(ChangePassTypeBody, values, lambda body: v1(change_type)(type_id, json_data=body), filled=fields)
    return done("/staff/passes", "changed") if wrong is None else _form_page(v1(get_pass_type)(type_id), wrong)


def _values(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the form as the operation's input: an empty number is none, and no ticked training means all."""
    trainings = [name.removeprefix(_TRAINING) for name in fields if name.startswith(_TRAINING)]
    return {
        **{name: fields.get(name, "").strip() for name in ("name", "description", "price")},
        "sessions": whole_number(fields.get("sessions", "")),
        "days": whole_number(fields.get("days", "")),
        "training_ids": trainings or None,
        "offered": "offered" in fields,
    }


def _form_page(type_: PassType | None, wrong: Wrong | None) -> Response:
    if wrong is not None:
        ticked = {name.removeprefix(_TRAINING) for name in wrong.values if name.startswith(_TRAINING)}
    else:
        ticked = {str(one.id) for one in (type_.trainings or [])} if type_ else set()
    return framed_page(
        "staff/pass_type.html",
        status=wrong.status if wrong else 200,
        type=type_,
        wrong=wrong,
        ticked=ticked,
        trainings=_all_trainings(),
    )


def _all_trainings() -> list[Named]:
    """Return every training: one that is not shown could not stay ticked."""
    return names(get_trainings)
