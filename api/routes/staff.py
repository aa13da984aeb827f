"""For the studio's office: what members were told, and what staff changed."""

from apiflask import APIBlueprint

from api import cursors
from api.models.staff import NotedChange, StaffChanges, StaffChangesQuery, StaffEvents, StaffEventsQuery
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.services import page_size, services
from storage.queries.events import list_events
from storage.queries.staff_changes import list_staff_changes
from workers.messages.events import event_of

routes = APIBlueprint("staff", __name__, tag="Staff")


@routes.get("/v1/staff/events")
@operation(access=Access.ADMIN, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(StaffEventsQuery, location="query")
@routes.output(StaffEvents)
def get_staff_events(query_data: StaffEventsQuery) -> StaffEvents:
    """Catch up on events.

    What webhooks are sent, in the order of its numbers. Ask again with `last` as `after`: whoever has read up to a
    number misses nothing below it. For admins and owners.
    """
    limit = page_size(query_data.limit)
    found = services().ask(lambda db: list_events(db, after=query_data.after, limit=limit + 1))
    page = found[:limit]
    return StaffEvents(
        items=[event_of(one) for one in page],
        last=max((one.number or 0 for one in page), default=query_data.after),
        more=len(found) > limit,
    )


@routes.get("/v1/staff/changes")
@operation(access=Access.ADMIN, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(StaffChangesQuery, location="query")
@routes.output(StaffChanges)
def get_staff_changes(query_data: StaffChangesQuery) -> StaffChanges:
    """Read back what staff changed.

    Newest first, each with who, when and why. What staff ask of a session is in its log of commands instead. For
    admins and owners.
    """
    limit, before = page_size(query_data.limit), cursors.read_number(query_data.cursor)
    found = services().ask(
        lambda db: list_staff_changes(
            db, subject_id=query_data.subject_id, member_id=query_data.member_id, before=before, limit=limit + 1
        )
    )
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return StaffChanges(
        items=[NotedChange.of(one) for one in page],
        next_cursor=next_cursor,
    )
