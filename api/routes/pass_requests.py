"""A member asks for a pass: what is offered, what was asked for, and withdrawing it."""

from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller
from api.models.common import NoFields
from api.models.me import PageQuery
from api.models.pass_requests import AskForPassBody, OfferedPassType, OfferedPassTypes, PassRequest, PassRequests
from api.openapi import BODY_PROBLEMS, Access, operation
from api.pass_request_problems import told_as_problems
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import page_size, services
from domain.ids import MemberId
from storage.identifiers import new_id
from storage.pass_requests import ask_for_pass, withdraw_request
from storage.queries.pass_requests import find_request, list_requests_of
from storage.queries.staff_passes import list_pass_types

_LISTING = [ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE]

routes = APIBlueprint("pass_requests", __name__, tag="Me")


@routes.get("/v1/pass-types")
@operation(access=Access.MEMBER, problems=_LISTING)
@routes.input(PageQuery, location="query")
@routes.output(OfferedPassTypes)
def get_offered_types(query_data: PageQuery) -> OfferedPassTypes:
    """List the passes that are offered.

    With the terms on which they are granted; ask for one at /v1/me/pass-requests.
    """
    limit, after = page_size(query_data.limit), cursors.read_uuid(query_data.cursor)
    found = services().ask(lambda db: list_pass_types(db, offered=True, after=after, limit=limit + 1))
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return OfferedPassTypes(items=[OfferedPassType.of(one) for one in page], next_cursor=next_cursor)


@routes.get("/v1/me/pass-requests")
@operation(access=Access.MEMBER, problems=_LISTING)
@routes.input(PageQuery, location="query")
@routes.output(PassRequests)
def get_my_requests(query_data: PageQuery) -> PassRequests:
    """List my requests for passes.

    Newest first, each with what became of it.
    """
    member_id, limit = caller().member_id, page_size(query_data.limit)
    before = cursors.read_uuid(query_data.cursor)
    found = services().ask(lambda db: list_requests_of(db, member_id, before=before, limit=limit + 1))
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return PassRequests(items=[PassRequest.of(one) for one in page], next_cursor=next_cursor)


@routes.post("/v1/me/pass-requests")
@operation(
    access=Access.MEMBER,
    problems=[
        *BODY_PROBLEMS,
        ProblemCode.PASS_TYPE_NOT_FOUND,
        ProblemCode.PASS_REQUEST_OPEN,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
)
@routes.input(
    AskForPassBody,
    example={"pass_type_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11", "message": "from Monday on, please"},
)
@routes.output(PassRequest, status_code=201, description="Asked for")
def ask_for_a_pass(json_data: AskForPassBody) -> PassRequest:
    """Ask for a pass.

    Of a type that is offered, one open request for each. The studio grants or declines it, and you are told.
    """
    member_id, request_id, body = caller().member_id, new_id(), json_data
    with told_as_problems():
        services().ask(
            lambda db: ask_for_pass(db, request_id, member_id, pass_type_id=body.pass_type_id, message=body.message)
        )
    return _mine(request_id, member_id)


@routes.post("/v1/me/pass-requests/<uuid:request_id>/withdrawal")
@operation(
    access=Access.MEMBER,
    problems=[
        *BODY_PROBLEMS,
        ProblemCode.PASS_REQUEST_NOT_FOUND,
        ProblemCode.PASS_REQUEST_ANSWERED,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
)
@routes.input(NoFields)
@routes.output(PassRequest, description="Withdrawn")
def withdraw_my_request(request_id: UUID, json_data: NoFields) -> PassRequest:  # noqa: ARG001
    """Withdraw a request for a pass.

    As long as it is open.
    """
    member_id = caller().member_id
    with told_as_problems():
        services().ask(lambda db: withdraw_request(db, request_id, member_id))
    return _mine(request_id, member_id)


def _mine(request_id: UUID, member_id: MemberId) -> PassRequest:
    found = services().ask(lambda db: find_request(db, request_id))
    if found is None or found.member_id != member_id:
        raise ProblemError(ProblemCode.PASS_REQUEST_NOT_FOUND)
    return PassRequest.of(found)
