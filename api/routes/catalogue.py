"""What a schedule is read with: the studio and its time zone, and the trainers and trainings to filter by."""

from dataclasses import asdict

from apiflask import APIBlueprint

from api import cursors
from api.models.me import PageQuery
from api.models.sessions import NamesPage, Studio
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.services import page_size, services
from storage.queries.schedule import Catalogue, find_studio, list_catalogue

routes = APIBlueprint("catalogue", __name__, tag="Sessions")


@routes.get("/v1/studio")
@operation(access=Access.PUBLIC, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Studio)
def get_studio() -> Studio:
    """Show the studio.

    Its time zone is the one that days and times of sessions are meant in. Until it is set up it is "Seatline", in UTC.
    """
    found = services().ask(find_studio)
    return Studio(name="Seatline", time_zone="UTC") if found is None else Studio(**asdict(found))


@routes.get("/v1/trainers")
@operation(access=Access.PUBLIC, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PageQuery, location="query")
@routes.output(NamesPage)
def get_trainers(query_data: PageQuery) -> NamesPage:
    """List the trainers.

    By name, a page at a time; the ids filter the schedule.
    """
    return _page(Catalogue.TRAINERS, query_data)


@routes.get("/v1/trainings")
@operation(access=Access.PUBLIC, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PageQuery, location="query")
@routes.output(NamesPage)
def get_trainings(query_data: PageQuery) -> NamesPage:
    """List the trainings.

    By name, a page at a time; the ids filter the schedule.
    """
    return _page(Catalogue.TRAININGS, query_data)


@routes.get("/v1/spaces")
@operation(access=Access.PUBLIC, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PageQuery, location="query")
@routes.output(NamesPage)
def get_spaces(query_data: PageQuery) -> NamesPage:
    """List the spaces.

    By name, a page at a time; where sessions take place.
    """
    return _page(Catalogue.SPACES, query_data)


def _page(catalogue: Catalogue, query: PageQuery) -> NamesPage:
    limit, after = page_size(query.limit), cursors.read_uuid(query.cursor)
    found = services().ask(lambda db: list_catalogue(db, catalogue, after=after, limit=limit + 1))
    return NamesPage.of(*cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id)))
