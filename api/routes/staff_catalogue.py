"""The catalogue in the hands of staff: trainings, trainers and spaces are added, changed and retired, never deleted."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller
from api.language import N_, gettext
from api.models.policies import CLASHES
from api.models.staff_catalogue import (
    CatalogueEntry,
    CataloguePage,
    CatalogueQuery,
    CatalogueTraining,
    CatalogueTrainingsPage,
    EntryBody,
    EntryChange,
    TrainingBody,
    TrainingChange,
)
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import page_size, services
from storage.catalogue_changes import NameTakenError, PoliciesClashError, add_entry, change_entry
from storage.identifiers import new_id
from storage.named import Named
from storage.queries.staff_catalogue import StaffEntry, find_entry, list_entries

_READ = [ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE]
_FIND = [ProblemCode.ENTRY_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE]
_ADD = [*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE]
_CHANGE = [*_ADD, ProblemCode.ENTRY_NOT_FOUND]

routes = APIBlueprint("staff_catalogue", __name__, tag="Staff: catalogue")


@routes.get("/v1/staff/trainings")
@operation(access=Access.ADMIN, problems=_READ)
@routes.input(CatalogueQuery, location="query")
@routes.output(CatalogueTrainingsPage)
def get_staff_trainings(query_data: CatalogueQuery) -> CatalogueTrainingsPage:
    """List the trainings.

    By name, a page at a time, retired ones too, each with what a new session of it begins with. For admins and owners.
    """
    page, cursor = _page(Named.TRAINING, query_data)
    return CatalogueTrainingsPage(items=[CatalogueTraining.of(one) for one in page], next_cursor=cursor)


@routes.post("/v1/staff/trainings")
@operation(access=Access.ADMIN, problems=_ADD)
@routes.input(TrainingBody, example={"name": "Yoga", "lasts_minutes": 75, "capacity": 12})
@routes.output(CatalogueTraining, status_code=201)
def post_staff_training(json_data: TrainingBody) -> CatalogueTraining:
    """Add a training.

    Its name must be new. The other values are what each new session of it begins with.
    """
    return CatalogueTraining.of(_add(Named.TRAINING, json_data.values()))


@routes.get("/v1/staff/trainings/<uuid:training_id>")
@operation(access=Access.ADMIN, problems=_FIND)
@routes.output(CatalogueTraining)
def get_staff_training(training_id: UUID) -> CatalogueTraining:
    """Show a training."""
    return CatalogueTraining.of(_found(Named.TRAINING, training_id))


@routes.patch("/v1/staff/trainings/<uuid:training_id>")
@operation(access=Access.ADMIN, problems=_CHANGE)
@routes.input(TrainingChange, example={"capacity": 14, "why": "new mats"})
@routes.output(CatalogueTraining)
def patch_staff_training(training_id: UUID, json_data: TrainingChange) -> CatalogueTraining:
    """Change or retire a training.

    Only sessions made afterwards begin with the new values: what exists is never changed by this, except that the name
    and description are those of all its sessions. A retired training is not offered for new sessions, and leaves the
    schedule's filters once no session of it is still to begin.
    """
    return CatalogueTraining.of(_change(Named.TRAINING, training_id, json_data))


@routes.get("/v1/staff/trainers")
@operation(access=Access.ADMIN, problems=_READ)
@routes.input(CatalogueQuery, location="query")
@routes.output(CataloguePage)
def get_staff_trainers(query_data: CatalogueQuery) -> CataloguePage:
    """List the trainers.

    By name, a page at a time, retired ones too. For admins and owners.
    """
    return _entries(Named.TRAINER, query_data)


@routes.post("/v1/staff/trainers")
@operation(access=Access.ADMIN, problems=_ADD)
@routes.input(EntryBody, example={"name": "Olena"})
@routes.output(CatalogueEntry, status_code=201)
def post_staff_trainer(json_data: EntryBody) -> CatalogueEntry:
    """Add a trainer.

    The name must be new.
    """
    return CatalogueEntry.of(_add(Named.TRAINER, json_data.model_dump()))


@routes.get("/v1/staff/trainers/<uuid:trainer_id>")
@operation(access=Access.ADMIN, problems=_FIND)
@routes.output(CatalogueEntry)
def get_staff_trainer(trainer_id: UUID) -> CatalogueEntry:
    """Show a trainer."""
    return CatalogueEntry.of(_found(Named.TRAINER, trainer_id))


@routes.patch("/v1/staff/trainers/<uuid:trainer_id>")
@operation(access=Access.ADMIN, problems=_CHANGE)
@routes.input(EntryChange, example={"retired": True, "why": "moved away"})
@routes.output(CatalogueEntry)
def patch_staff_trainer(trainer_id: UUID, json_data: EntryChange) -> CatalogueEntry:
    """Rename or retire a trainer.

    A retired trainer keeps the sessions that exist and is not offered for new ones.
    """
    return CatalogueEntry.of(_change(Named.TRAINER, trainer_id, json_data))


@routes.get("/v1/staff/spaces")
@operation(access=Access.ADMIN, problems=_READ)
@routes.input(CatalogueQuery, location="query")
@routes.output(CataloguePage)
def get_staff_spaces(query_data: CatalogueQuery) -> CataloguePage:
    """List the spaces.

    By name, a page at a time, retired ones too. For admins and owners.
    """
    return _entries(Named.SPACE, query_data)


@routes.post("/v1/staff/spaces")
@operation(access=Access.ADMIN, problems=_ADD)
@routes.input(EntryBody, example={"name": "Blue room"})
@routes.output(CatalogueEntry, status_code=201)
def post_staff_space(json_data: EntryBody) -> CatalogueEntry:
    """Add a space.

    The name must be new.
    """
    return CatalogueEntry.of(_add(Named.SPACE, json_data.model_dump()))


@routes.get("/v1/staff/spaces/<uuid:space_id>")
@operation(access=Access.ADMIN, problems=_FIND)
@routes.output(CatalogueEntry)
def get_staff_space(space_id: UUID) -> CatalogueEntry:
    """Show a space."""
    return CatalogueEntry.of(_found(Named.SPACE, space_id))


@routes.patch("/v1/staff/spaces/<uuid:space_id>")
@operation(access=Access.ADMIN, problems=_CHANGE)
@routes.input(EntryChange, example={"retired": True, "why": "given up"})
@routes.output(CatalogueEntry)
def patch_staff_space(space_id: UUID, json_data: EntryChange) -> CatalogueEntry:
    """Rename or retire a space.

    A retired space keeps the sessions that exist and is not offered for new ones.
    """
    return CatalogueEntry.of(_change(Named.SPACE, space_id, json_data))


def _page(table: Named, query: CatalogueQuery) -> tuple[list[StaffEntry], str | None]:
    limit, after = page_size(query.limit), cursors.read_uuid(query.cursor)
    found = services().ask(lambda db: list_entries(db, table, retired=query.retired, after=after, limit=limit + 1))
    return cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))


def _entries(table: Named, query: CatalogueQuery) -> CataloguePage:
    page, cursor = _page(table, query)
    return CataloguePage(items=[CatalogueEntry.of(one) for one in page], next_cursor=cursor)


def _found(table: Named, id_: UUID) -> StaffEntry:
    found = services().ask(lambda db: find_entry(db, table, id_))
    if found is None:
        raise ProblemError(ProblemCode.ENTRY_NOT_FOUND)
    return found


def _add(table: Named, values: dict[str, Any]) -> StaffEntry:
    # Made before it is asked, so that a question asked twice adds once.
    id_, actor_id = new_id(), caller().member_id
    try:
        services().ask(lambda db: add_entry(db, actor_id, table, id_, values))
    except NameTakenError:
        raise _name_taken() from None
    except PoliciesClashError as clash:
        field, sentence = CLASHES[clash.rule]
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={field: gettext(sentence)}) from None
    return _found(table, id_)


def _change(table: Named, id_: UUID, change: EntryChange) -> StaffEntry:
    actor_id, values = caller().member_id, change.values()
    try:
        exists = services().ask(lambda db: change_entry(db, actor_id, table, id_, values, why=change.why))
    except NameTakenError:
        raise _name_taken() from None
    except PoliciesClashError as clash:
        field, sentence = CLASHES[clash.rule]
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={field: gettext(sentence)}) from None
    if not exists:
        raise ProblemError(ProblemCode.ENTRY_NOT_FOUND)
    return _found(table, id_)


def _name_taken() -> ProblemError:
    said = N_("There is one of this name already, perhaps a retired one; choose another name, or change that one.")
    return ProblemError(ProblemCode.INVALID_INPUT, errors={"name": gettext(said)})
