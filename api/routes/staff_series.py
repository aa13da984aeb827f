"""Series that staff plan: sessions that repeat."""

from datetime import UTC
from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller
from api.models.me import PageQuery
from api.models.series import (
    Series,
    SeriesBody,
    SeriesMade,
    SeriesPage,
    SeriesPreview,
    SeriesQuery,
    SeriesSessionEntry,
    SeriesSessions,
    series_values,
)
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.series import preview_of, read_series, told
from api.services import page_size, services
from storage.planning import TakenError, find_conflicts
from storage.queries.series import SeriesRow, find_series, list_series, list_series_sessions
from storage.series import InTheWayError, add_series

_EXAMPLE = {
    "training_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11",
    "trainer_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c12",
    "space_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c13",
    "frequency": "weekly",
    "weekdays": ["MO", "TH"],
    "times": ["18:00"],
    "starts_on": "2031-03-03",
    "ends_on": "2031-06-30",
}

routes = APIBlueprint("staff_series", __name__, tag="Staff: planning")


@routes.get("/v1/staff/series")
@operation(access=Access.ADMIN, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(SeriesQuery, location="query")
@routes.output(SeriesPage)
def get_staff_series_list(query_data: SeriesQuery) -> SeriesPage:
    """List the series.

    The newest first, a page at a time. For admins and owners.
    """
    limit, after = page_size(query_data.limit), cursors.read_uuid(query_data.cursor)
    found = services().ask(lambda db: list_series(db, after=after, limit=limit + 1))
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return SeriesPage(
        items=[Series.of(one) for one in page],
        next_cursor=next_cursor,
    )


@routes.post("/v1/staff/series/previews")
@operation(access=Access.ADMIN, problems=[*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(SeriesBody, example=_EXAMPLE)
@routes.output(SeriesPreview)
def preview_series(json_data: SeriesBody) -> SeriesPreview:
    """Look what a series would be.

    How many sessions, the first of them, and what is in their way; nothing is written. For admins and owners.
    """
    plan = services().ask(lambda db: read_series(db, json_data))
    conflicts = services().ask(lambda db: find_conflicts(db, [one.training_session for one in plan.planned]))
    return preview_of(plan, conflicts)


@routes.post("/v1/staff/series")
@operation(
    access=Access.ADMIN,
    problems=[*BODY_PROBLEMS, ProblemCode.SCHEDULE_CONFLICT, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.input(SeriesBody, example=_EXAMPLE)
@routes.output(SeriesMade, status_code=201)
def post_staff_series(json_data: SeriesBody) -> SeriesMade:
    """Plan a series.

    All its sessions are put into the schedule in one transaction or, where a planned session is in the way of one, none
    of them; with `leave_out_conflicts` all those that are free. Its times are those of the studio's clocks: 18:00 stays
    18:00. Where the clocks skip a time, the session begins an hour later; of a time that they show twice it is the
    first. For admins and owners.
    """
    made, actor_id = services(), caller().member_id
    plan = made.ask(lambda db: read_series(db, json_data))
    try:
        came = made.ask(
            lambda db: add_series(db, actor_id, plan.series, plan.planned, leave_out=json_data.leave_out_conflicts)
        )
    except InTheWayError as error:
        conflicts = [one.model_dump(mode="json") for one in told(plan, error.conflicts)]
        raise ProblemError(ProblemCode.SCHEDULE_CONFLICT, conflicts=conflicts) from None
    except TakenError:
        raise ProblemError(ProblemCode.SCHEDULE_CONFLICT) from None
    left_out = len(plan.planned) - came.sessions
    return SeriesMade(**series_values(series_of(plan.series.id)), made=came.sessions, left_out=left_out)


@routes.get("/v1/staff/series/<uuid:series_id>")
@operation(access=Access.ADMIN, problems=[ProblemCode.SERIES_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Series)
def get_staff_series(series_id: UUID) -> Series:
    """Show a series."""
    return Series.of(series_of(series_id))


@routes.get("/v1/staff/series/<uuid:series_id>/sessions")
@operation(
    access=Access.ADMIN,
    problems=[ProblemCode.INVALID_INPUT, ProblemCode.SERIES_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.input(PageQuery, location="query")
@routes.output(SeriesSessions)
def get_staff_series_sessions(series_id: UUID, query_data: PageQuery) -> SeriesSessions:
    """List the sessions of a series that are still to begin.

    Each as it stands now, moved, changed or cancelled; in the order in which the series has them.
    """
    series_of(series_id)
    limit, place = page_size(query_data.limit), cursors.read_place(query_data.cursor)
    after = None if place is None else place[0].replace(tzinfo=None)
    found = services().ask(lambda db: list_series_sessions(db, series_id, after=after, limit=limit + 1))
    # A time on the clocks stands in the cursor as if it were one of UTC.
    page, next_cursor = cursors.page_of(
        found, limit, lambda last: cursors.place_cursor(last.occurrence.replace(tzinfo=UTC), last.id)
    )
    items = [
        SeriesSessionEntry(**{name: getattr(one, name) for name in SeriesSessionEntry.model_fields}) for one in page
    ]
    return SeriesSessions(items=items, next_cursor=next_cursor)


def series_of(series_id: UUID) -> SeriesRow:
    """Return the series; one that does not exist ends the request with a problem."""
    found = services().ask(lambda db: find_series(db, series_id))
    if found is None:
        raise ProblemError(ProblemCode.SERIES_NOT_FOUND)
    return found
