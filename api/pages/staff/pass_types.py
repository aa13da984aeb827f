"""Types of passes on the staff's pages: the list, making one, changing one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response

from api.language import N_
from api.models.common import Named
from api.models.staff_passes import ChangePassTypeBody, NewPassTypeBody, PassType, PassTypeReach, PassTypesQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import names, query_of, saved_words
from api.pages.rendering import framed_page
from api.pages.staff.forms import Form, attempt, done, number_or_none
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.routes.catalogue import get_trainings
from api.routes.staff_pass_types import (
    change_type,
    create_type,
    get_pass_type,
    get_pass_types,
    preview_type_change,
)
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
    return _form_page(Form({"offered": "yes"}))


@pages.post("/staff/passes/types/new")
@staff_only(Role.ADMIN)
def do_create_pass_type() -> Response:
    """Make the type; say on the form what is wrong."""
    fields = checked_form()
    made = attempt(NewPassTypeBody, _values(fields), v1(create_type), filled=fields)
    return _form_page(made) if isinstance(made, Form) else done("/staff/passes", "created")


@pages.get("/staff/passes/types/<uuid:type_id>")
@staff_only(Role.ADMIN)
def show_pass_type(type_id: UUID) -> Response:
    """Show the type's terms, to be changed."""
    found = v1(get_pass_type)(type_id)
    ticked = {f"{_TRAINING}{one.id}": "yes" for one in found.trainings or []}
    offered = {"offered": "yes"} if found.offered else {}
    return _form_page(Form({**found.model_dump(), **ticked, **offered}), found)


@pages.post("/staff/passes/types/<uuid:type_id>")
@staff_only(Role.ADMIN)
def do_change_pass_type(type_id: UUID) -> Response:
    """Change the type; say on the form what is wrong, and first whom it concerns if it reaches granted passes."""
    fields = checked_form()
    values = {**_values(fields), "why": fields.get("why", ""), "granted": "granted" in fields}
    seen = " ".join([values["name"], *(values["training_ids"] or ())])
    if values["granted"] and fields.get("seen") != seen:
        # Shown once more where the name or the trainings are others than those that were looked at.
        reach = attempt(
            ChangePassTypeBody, values, lambda body: v1(preview_type_change)(type_id, json_data=body), filled=fields
        )
        if not isinstance(reach, Form):
            return _form_page(Form({**fields, "seen": seen}), v1(get_pass_type)(type_id), reach)
    changed = attempt(ChangePassTypeBody, values, lambda body: v1(change_type)(type_id, json_data=body), filled=fields)
    if isinstance(changed, Form):
        return _form_page(changed, v1(get_pass_type)(type_id))
    return done("/staff/passes", "changed")


def _values(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the form as the operation's input: an empty number is none, and no ticked training means all."""
    trainings = [name.removeprefix(_TRAINING) for name in fields if name.startswith(_TRAINING)]
    return {
        **{name: fields.get(name, "").strip() for name in ("name", "description", "price")},
        "sessions": number_or_none(fields.get("sessions", "")),
        "days": number_or_none(fields.get("days", "")),
        "training_ids": trainings or None,
        "offered": "offered" in fields,
    }


def _form_page(form: Form, type_: PassType | None = None, reach: PassTypeReach | None = None) -> Response:
    return framed_page(
        "staff/pass_type.html",
        status=form.status,
        type=type_,
        form=form,
        reach=reach,
        ticked={name.removeprefix(_TRAINING) for name in form.values if name.startswith(_TRAINING)},
        trainings=_all_trainings(),
    )


def _all_trainings() -> list[Named]:
    """Return every training: one that is not shown could not stay ticked."""
    return names(get_trainings)
