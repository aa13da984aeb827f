"""Types of passes for staff: what is sold, and on which terms."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller
from api.language import N_, gettext
from api.models.staff_passes import (
    ChangePassTypeBody,
    NewPassTypeBody,
    PassType,
    PassTypeReach,
    PassTypes,
    PassTypesQuery,
)
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import page_size, services
from storage.granted_passes import reach_of
from storage.identifiers import new_id
from storage.pass_types import TypeRefusal, TypeRefusedError, TypeTerms, create_pass_type
from storage.queries.staff_passes import StaffPassType, find_pass_type, list_pass_types
from workers import passes

_FIELDS = {
    TypeRefusal.NAME_TAKEN: (
        "name",
        N_("There is a type of this name for these trainings already; choose another name."),
    ),
    TypeRefusal.NO_SUCH_TRAINING: ("training_ids", N_("There is no such training any more; see which there are.")),
}
_CODES = {
    TypeRefusal.NOT_FOUND: ProblemCode.PASS_TYPE_NOT_FOUND,
    TypeRefusal.SOLD: ProblemCode.PASS_TYPE_SOLD,
}
_EXAMPLE = {"name": "Ten times yoga", "description": "Ten sessions", "price": "120 EUR", "sessions": 10, "days": 180}

routes = APIBlueprint("staff_pass_types", __name__, tag="Staff: passes")


@routes.get("/v1/staff/pass-types")
@operation(access=Access.ADMIN, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PassTypesQuery, location="query")
@routes.output(PassTypes)
def get_pass_types(query_data: PassTypesQuery) -> PassTypes:
    """List the types of passes.

    Those that are not offered any more, or were made by an import, are among them. For admins and owners.
    """
    limit, after = page_size(query_data.limit), cursors.read_uuid(query_data.cursor)
    found = services().ask(lambda db: list_pass_types(db, offered=query_data.offered, after=after, limit=limit + 1))
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return PassTypes(
        items=[PassType.of(one) for one in page],
        next_cursor=next_cursor,
    )


@routes.post("/v1/staff/pass-types")
@operation(access=Access.ADMIN, problems=[*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(NewPassTypeBody, example=_EXAMPLE)
@routes.output(PassType, status_code=201, description="Made")
def create_type(json_data: NewPassTypeBody) -> PassType:
    """Make a type of pass.

    For admins and owners.
    """
    actor_id, type_id, body = caller().member_id, new_id(), json_data
    ids = None if body.training_ids is None else tuple(body.training_ids)
    terms = TypeTerms(body.name, body.description, body.price, body.sessions, body.days, ids, body.offered)
    with _told_as_problems():
        services().ask(lambda db: create_pass_type(db, type_id, terms, actor_id=actor_id))
    return PassType.of(_found(type_id))


@routes.get("/v1/staff/pass-types/<uuid:type_id>")
@operation(access=Access.ADMIN, problems=[ProblemCode.PASS_TYPE_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(PassType)
def get_pass_type(type_id: UUID) -> PassType:
    """Look at a type of pass.

    For admins and owners.
    """
    return PassType.of(_found(type_id))


@routes.patch("/v1/staff/pass-types/<uuid:type_id>")
@operation(
    access=Access.ADMIN,
    problems=[
        *BODY_PROBLEMS,
        ProblemCode.PASS_TYPE_NOT_FOUND,
        ProblemCode.PASS_TYPE_SOLD,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
)
@routes.input(ChangePassTypeBody, example={"price": "130 EUR", "why": "new prices from May on"})
@routes.output(PassType)
def change_type(type_id: UUID, json_data: ChangePassTypeBody) -> PassType:
    """Change a type of pass, or stop offering it.

    For passes that are granted from now on: those that were keep their trainings, sessions and end, and their name,
    which is why a type of which passes were sold keeps it as well. With `granted` they get the name and the trainings
    of the type, and their members are told. For admins and owners.
    """
    actor_id, terms = caller().member_id, _changed_terms(type_id, json_data)
    why, granted = json_data.why, json_data.granted
    with _told_as_problems():
        services().ask(
            lambda db: passes.change_type(
                db, services().redis, type_id, terms, why=why, actor_id=actor_id, granted=granted
            )
        )
    return PassType.of(_found(type_id))


@routes.post("/v1/staff/pass-types/<uuid:type_id>/previews")
@operation(
    access=Access.ADMIN,
    problems=[*BODY_PROBLEMS, ProblemCode.PASS_TYPE_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.input(ChangePassTypeBody, example={"training_ids": None, "why": "all trainings from May on"})
@routes.output(PassTypeReach)
def preview_type_change(type_id: UUID, json_data: ChangePassTypeBody) -> PassTypeReach:
    """Look whom a change of a type would concern.

    If it were made with `granted`; nothing is changed. For admins and owners.
    """
    terms = _changed_terms(type_id, json_data)
    reach = services().ask(lambda db: reach_of(db, type_id, terms.training_ids))
    return PassTypeReach(passes=reach.passes, told=reach.told, waiting=reach.waiting)


def _changed_terms(type_id: UUID, body: ChangePassTypeBody) -> TypeTerms:
    given = {name: getattr(body, name) for name in body.model_fields_set - {"why", "granted"}}
    # Of these null means something; of the others it is as good as left out.
    wanted = {name: value for name, value in given.items() if value is not None or name in {"sessions", "days"}}
    if "training_ids" in given:
        wanted["training_ids"] = None if body.training_ids is None else tuple(body.training_ids)
    return replace(_found(type_id).terms, **wanted)


def _found(type_id: UUID) -> StaffPassType:
    found = services().ask(lambda db: find_pass_type(db, type_id))
    if found is None:
        raise ProblemError(ProblemCode.PASS_TYPE_NOT_FOUND)
    return found


@contextmanager
def _told_as_problems() -> Iterator[None]:
    try:
        yield
    except TypeRefusedError as error:
        if error.refusal in _CODES:
            raise ProblemError(_CODES[error.refusal]) from None
        field, sentence = _FIELDS[error.refusal]
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={field: gettext(sentence)}) from None
