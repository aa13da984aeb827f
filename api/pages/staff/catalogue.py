"""Trainings, trainers and spaces: their lists, and a form for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, request

from api.language import N_, gettext
from api.models.staff_catalogue import (
    CatalogueEntry,
    CatalogueQuery,
    EntryBody,
    EntryChange,
    TrainingBody,
    TrainingChange,
)
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import query_of
from api.pages.rendering import framed_page
from api.pages.staff.forms import Form, attempt, done, number, number_or_none
from api.pages.staff.frame import staff_only
from api.pages.staff.plan import TIMES
from api.pages.visitors import checked_form
from api.routes import staff_catalogue as operations
from domain.roles import Role

NUMBERS = (
    "lasts_minutes",
    "capacity",
    "booking_deadline_minutes",
    "cancellation_deadline_minutes",
    "promotion_deadline_minutes",
    "promotion_grace_minutes",
)
LIMITS = (
    "waitlist_limit",
    "booking_window_minutes",
    "upcoming_limit",
    "refund_deadline_minutes",
    "offer_minutes",
)
"""Numbers that may be left empty, for no such rule."""

Operation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three lists: where it is, what it is called, and the operations behind it."""

    path: str
    title: str
    add: str
    none: str
    listing: Operation
    adding: Operation
    finding: Operation
    changing: Operation
    body: type[EntryBody]
    change: type[EntryChange]


TRAININGS = Kind(
    "/staff/trainings",
    N_("Trainings"),
    N_("Add a training"),
    N_("No training yet"),
    operations.get_staff_trainings,
    operations.post_staff_training,
    operations.get_staff_training,
    operations.patch_staff_training,
    TrainingBody,
    TrainingChange,
)
TRAINERS = Kind(
    "/staff/trainers",
    N_("Trainers"),
    N_("Add a trainer"),
    N_("No trainer yet"),
    operations.get_staff_trainers,
    operations.post_staff_trainer,
    operations.get_staff_trainer,
    operations.patch_staff_trainer,
    EntryBody,
    EntryChange,
)
SPACES = Kind(
    "/staff/spaces",
    N_("Spaces"),
    N_("Add a space"),
    N_("No space yet"),
    operations.get_staff_spaces,
    operations.post_staff_space,
    operations.get_staff_space,
    operations.patch_staff_space,
    EntryBody,
    EntryChange,
)


def _list(kind: Kind) -> Response:
    query = query_of(CatalogueQuery, "cursor")
    return framed_page(
        "staff/entries.html", kind=kind, page=v1(kind.listing)(query), saved=request.args.get("saved") == "1"
    )


def _add(kind: Kind) -> Response:
    if request.method == "GET":
        defaults = {} if kind is not TRAININGS else TrainingBody.model_validate({"name": "New"}).values()
        return _form(kind, Form({**defaults, "name": ""}))
    fields = checked_form()
    made = attempt(kind.body, _values(kind, fields), v1(kind.adding), filled=fields)
    return _form(kind, made) if isinstance(made, Form) else done(kind.path, "1")


def _change(kind: Kind, id_: UUID) -> Response:
    if request.method == "GET":
        found: CatalogueEntry = v1(kind.finding)(id_)
        return _form(kind, Form(found.model_dump()), found)
    fields = checked_form()
    found = v1(kind.finding)(id_)
    values = {**_values(kind, fields), "retired": "retired" in fields, "why": fields.get("why", "")}
    changed = attempt(kind.change, values, lambda body: v1(kind.changing)(id_, body), filled=fields)
    return _form(kind, changed, found) if isinstance(changed, Form) else done(kind.path, "1")


def _values(kind: Kind, fields: dict[str, str]) -> dict[str, Any]:
    """Return the fields of the form as the operation's input; others, as browsers add them, are passed over."""
    values: dict[str, Any] = {"name": fields.get("name", "")}
    if kind is TRAININGS:
        values["description"] = fields.get("description", "")
        values |= {name: number(fields.get(name, "")) for name in NUMBERS}
        values |= {name: number_or_none(fields.get(name, "")) for name in LIMITS}
        values |= {name: fields.get(name, "").strip()[:5] or None for name in TIMES}
    return values


def _form(kind: Kind, form: Form, found: CatalogueEntry | None = None) -> Response:
    return framed_page(
        "staff/entry.html",
        status=form.status,
        kind=kind,
        form=form,
        found=found,
        is_training=kind is TRAININGS,
        title=gettext(kind.add) if found is None else found.name,
    )


def _register(kind: Kind) -> None:
    name = kind.path.rpartition("/")[2]
    only = staff_only(Role.ADMIN)
    pages.add_url_rule(kind.path, f"list_{name}", only(lambda: _list(kind)))
    pages.add_url_rule(f"{kind.path}/new", f"add_{name}", only(lambda: _add(kind)), methods=["GET", "POST"])
    pages.add_url_rule(
        f"{kind.path}/<uuid:id_>", f"change_{name}", only(lambda id_: _change(kind, id_)), methods=["GET", "POST"]
    )


for _kind in (TRAININGS, TRAINERS, SPACES):
    _register(_kind)
