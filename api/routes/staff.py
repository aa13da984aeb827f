"""For the studio's office: what members were told, as it happened."""

from apiflask import APIBlueprint

from api.models.staff import StaffEvents, StaffEventsQuery
from api.openapi import Access, operation
from api.problems import ProblemCode
from api.services import page_size, services
from storage.queries.events import list_events
from workers.messages.events import event_of

routes = APIBlueprint("staff", __name__, tag="Staff")


@routes.get("/v1/staff/events")
@operation(access=Access.STAFF, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
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
