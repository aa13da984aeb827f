"""My inbox: what I was told, and what of it I have read."""

from apiflask import APIBlueprint
from redis import RedisError
from structlog import get_logger

from api import cursors
from api.auth import caller
from api.models.me import PageQuery
from api.models.notifications import Notification, NotificationsPage, ReadBody, Unread
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.services import Services, page_size, services
from domain.ids import MemberId
from storage.database import Db
from storage.queries.notifications import count_unread, list_notices
from storage.read_marks import InboxState, mark_read, mark_read_up_to
from storage.told import ToldNotice
from workers.outcomes import announce_inbox

log = get_logger()

routes = APIBlueprint("notifications", __name__, tag="Notifications")


@routes.get("/v1/me/notifications")
@operation(access=Access.MEMBER, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PageQuery, location="query")
@routes.output(NotificationsPage)
def get_notifications(query_data: PageQuery) -> NotificationsPage:
    """List what I was told.

    Newest first, whatever channels it also went out on, in the language that `Accept-Language` asks for: English or
    German. Codes, names and what the studio wrote itself stay as they are.
    """
    member_id, limit = caller().member_id, page_size(query_data.limit)
    before = cursors.read_number(query_data.cursor)

    def question(db: Db) -> tuple[list[ToldNotice], int]:
        return list_notices(db, member_id, before=before, limit=limit + 1), count_unread(db, member_id)

    found, unread = services().ask(question)
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return NotificationsPage(
        items=[Notification.of(one) for one in page],
        next_cursor=next_cursor,
        unread=unread,
    )


@routes.get("/v1/me/notifications/unread")
@operation(access=Access.MEMBER, problems=[ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Unread)
def get_unread() -> Unread:
    """Count what I have not read."""
    member_id = caller().member_id
    return Unread(unread=services().ask(lambda db: count_unread(db, member_id)))


@routes.post("/v1/me/notifications/read")
@operation(access=Access.MEMBER, problems=[*BODY_PROBLEMS, ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(ReadBody, example={"up_to": 4711})
@routes.output(Unread)
def read(json_data: ReadBody) -> Unread:
    """Mark notifications as read.

    Doing it twice changes nothing. My other tabs and devices hear it as the event `inbox`.
    """
    made, member_id = services(), caller().member_id

    def question(db: Db) -> InboxState:
        if "up_to" in json_data.model_fields_set:
            return mark_read_up_to(db, member_id, json_data.up_to)
        return mark_read(db, member_id, json_data.ids)

    state = made.ask(question)
    _announce(made, member_id, state)
    return Unread(unread=state.unread)


def _announce(made: Services, member_id: MemberId, state: InboxState) -> None:
    try:
        announce_inbox(made.redis, member_id, unread=state.unread, at=state.at)
    except RedisError as error:
        # It is written; whoever listens is told by the next look at the database.
        log.warning("read marks cannot be announced", error=str(error))
