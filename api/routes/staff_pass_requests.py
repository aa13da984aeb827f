"""Requests for passes as staff answer them."""

from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller
from api.models.me import PageQuery
from api.models.pass_requests import DeclineRequestBody, GrantRequestBody, StaffPassRequest, StaffPassRequests
from api.openapi import BODY_PROBLEMS, Access, operation
from api.pass_request_problems import told_as_problems
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import page_size, services
from storage.database import Db
from storage.queries.pass_requests import PassRequest, count_open_requests, find_request, list_open_requests
from workers import passes as door
from workers.passes import NoSuchPassError, PassError

_ANSWERING = [
    *BODY_PROBLEMS,
    ProblemCode.PASS_REQUEST_NOT_FOUND,
    ProblemCode.PASS_REQUEST_ANSWERED,
    ProblemCode.DATABASE_UNAVAILABLE,
]

routes = APIBlueprint("staff_pass_requests", __name__, tag="Staff: passes")


@routes.get("/v1/staff/pass-requests")
@operation(access=Access.ADMIN, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(PageQuery, location="query")
@routes.output(StaffPassRequests)
def get_open_requests(query_data: PageQuery) -> StaffPassRequests:
    """List the requests for passes that wait.

    Longest first. For admins and owners.
    """
    limit, after = page_size(query_data.limit), cursors.read_uuid(query_data.cursor)

    def question(db: Db) -> tuple[list[PassRequest], int]:
        return list_open_requests(db, after=after, limit=limit + 1), count_open_requests(db)

    found, count = services().ask(question)
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return StaffPassRequests(
        items=[StaffPassRequest.of_found(one) for one in page], next_cursor=next_cursor, open=count
    )


@routes.get("/v1/staff/pass-requests/<uuid:request_id>")
@operation(access=Access.ADMIN, problems=[ProblemCode.PASS_REQUEST_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(StaffPassRequest)
def get_request(request_id: UUID) -> StaffPassRequest:
    """Look at a request for a pass.

    Those that were answered are there, too. For admins and owners.
    """
    return _shown(request_id)


@routes.post("/v1/staff/pass-requests/<uuid:request_id>/grant")
@operation(access=Access.ADMIN, problems=[*_ANSWERING, ProblemCode.PASS_UNFIT])
@routes.input(GrantRequestBody, example={"why": "has paid"})
@routes.output(StaffPassRequest, description="Granted")
def grant_request(request_id: UUID, json_data: GrantRequestBody) -> StaffPassRequest:
    """Grant a request for a pass.

    On the terms of its type as they are now, or for other sessions and days. The member is told of the pass. A request
    is answered once; who grants it again is answered with it as it stands. For admins and owners.
    """
    actor_id, redis, body = caller().member_id, services().redis, json_data
    try:
        with told_as_problems():
            services().ask(
                lambda db: door.grant_request(db, redis, request_id, terms=body.terms, why=body.why, actor_id=actor_id)
            )
    except NoSuchPassError:
        raise ProblemError(ProblemCode.PASS_REQUEST_NOT_FOUND) from None
    except PassError as error:
        raise ProblemError(ProblemCode.PASS_UNFIT, str(error)) from None
    return _shown(request_id)


@routes.post("/v1/staff/pass-requests/<uuid:request_id>/decline")
@operation(access=Access.ADMIN, problems=_ANSWERING)
@routes.input(DeclineRequestBody, example={"reason": "The course is full until May."})
@routes.output(StaffPassRequest, description="Declined")
def decline_request(request_id: UUID, json_data: DeclineRequestBody) -> StaffPassRequest:
    """Decline a request for a pass.

    The member is told, with the reason. A request is answered once; who declines it again is answered with it as it
    stands. For admins and owners.
    """
    actor_id, redis, reason = caller().member_id, services().redis, json_data.reason
    with told_as_problems():
        services().ask(lambda db: door.decline_request(db, redis, request_id, reason=reason, actor_id=actor_id))
    return _shown(request_id)


def _shown(request_id: UUID) -> StaffPassRequest:
    found = services().ask(lambda db: find_request(db, request_id))
    if found is None:
        raise ProblemError(ProblemCode.PASS_REQUEST_NOT_FOUND)
    return StaffPassRequest.of_found(found)
