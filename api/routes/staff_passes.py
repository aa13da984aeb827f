"""Passes of members for staff: granting, topping up and extending, letting them pay or not."""

from collections.abc import Callable
from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.models.common import Named
from api.models.me import PassWithLedger
from api.models.staff_members import WhyBody
from api.models.staff_passes import ExtendPassBody, GrantPassBody, KeyHeaders, StaffPass
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.me import LEDGER_LINES_MAX
from api.routes.staff_members import shown_member
from api.services import services
from domain.ids import MemberId, PassId
from domain.members import MemberStatus
from storage.database import Db
from storage.identifiers import new_id
from storage.queries.passes import LedgerLine, MyPass, newest_ledger_lines
from storage.queries.staff_passes import find_pass, find_pass_type
from workers import passes as door
from workers.passes import Author, KeyReusedError, NoSuchPassError, PassError

_CHANGING = [
    *BODY_PROBLEMS,
    ProblemCode.IDEMPOTENCY_KEY_REUSED,
    ProblemCode.PASS_NOT_FOUND,
    ProblemCode.PASS_UNFIT,
    ProblemCode.DATABASE_UNAVAILABLE,
]

routes = APIBlueprint("staff_passes", __name__, tag="Staff: passes")


@routes.post("/v1/staff/members/<uuid:member_id>/passes")
@operation(access=Access.ADMIN, problems=[*_CHANGING, ProblemCode.MEMBER_NOT_FOUND, ProblemCode.PASS_TYPE_NOT_FOUND])
@routes.input(
    GrantPassBody, example={"pass_type_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11", "why": "paid at the desk"}
)
@routes.input(KeyHeaders, location="headers")
@routes.output(StaffPass, status_code=201, description="Granted")
def grant_pass(member_id: UUID, json_data: GrantPassBody, headers_data: KeyHeaders) -> StaffPass:
    """Grant a member a pass.

    On the terms of its type, or for other sessions and days. The member is told. For admins and owners.
    """
    body, redis = json_data, services().redis
    if shown_member(MemberId(member_id)).status is MemberStatus.REMOVED:
        raise ProblemError(ProblemCode.MEMBER_NOT_FOUND)
    if services().ask(lambda db: find_pass_type(db, body.pass_type_id)) is None:
        raise ProblemError(ProblemCode.PASS_TYPE_NOT_FOUND)
    author = _author(body.why, headers_data)
    return _changed(
        lambda db: door.staff_grant(
            db, redis, member_id=MemberId(member_id), pass_type_id=body.pass_type_id, terms=body.terms, author=author
        )
    )


@routes.get("/v1/staff/passes/<uuid:pass_id>")
@operation(access=Access.ADMIN, problems=[ProblemCode.PASS_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(StaffPass)
def get_pass(pass_id: UUID) -> StaffPass:
    """Look at a pass.

    With whose it is and the newest lines of its ledger. For admins and owners.
    """
    return _shown(PassId(pass_id))


@routes.post("/v1/staff/passes/<uuid:pass_id>/extension")
@operation(access=Access.ADMIN, problems=_CHANGING)
@routes.input(ExtendPassBody, example={"sessions": 2, "days": 14, "why": "was ill for two weeks"})
@routes.input(KeyHeaders, location="headers")
@routes.output(StaffPass, description="Extended")
def extend_pass(pass_id: UUID, json_data: ExtendPassBody, headers_data: KeyHeaders) -> StaffPass:
    """Top a pass up or extend it.

    The member is told, and where they were passed over in a line for this pass the session looks again. For admins
    and owners.
    """
    body, redis = json_data, services().redis
    author = _author(body.why, headers_data)
    return _changed(
        lambda db: door.staff_extend(db, redis, PassId(pass_id), sessions=body.sessions, days=body.days, author=author)
    )


@routes.post("/v1/staff/passes/<uuid:pass_id>/deactivation")
@operation(access=Access.ADMIN, problems=_CHANGING)
@routes.input(WhyBody, example={"why": "a chargeback"})
@routes.output(StaffPass, description="Deactivated")
def deactivate_pass(pass_id: UUID, json_data: WhyBody) -> StaffPass:
    """Let a pass pay no more.

    What was booked with it stays booked. The member is told, but not why. For admins and owners.
    """
    return _set_active(pass_id, json_data, active=False)


@routes.post("/v1/staff/passes/<uuid:pass_id>/activation")
@operation(access=Access.ADMIN, problems=_CHANGING)
@routes.input(WhyBody, example={"why": "has paid"})
@routes.output(StaffPass, description="Activated")
def activate_pass(pass_id: UUID, json_data: WhyBody) -> StaffPass:
    """Let a pass pay again.

    The member is told, and where they were passed over in a line for it the session looks again. For admins and
    owners.
    """
    return _set_active(pass_id, json_data, active=True)


def _set_active(pass_id: UUID, body: WhyBody, *, active: bool) -> StaffPass:
    redis, author = services().redis, _author(body.why, KeyHeaders(idempotency_key=None))
    return _changed(lambda db: door.staff_set_active(db, redis, PassId(pass_id), active=active, author=author))


def _author(why: str, headers: KeyHeaders) -> Author:
    # Without a key of the caller's one of our own, so that asking the database again does nothing twice.
    return Author(caller().member_id, why, headers.idempotency_key or str(new_id()))


def _changed(change: Callable[[Db], PassId]) -> StaffPass:
    try:
        pass_id = services().ask(change)
    except KeyReusedError:
        raise ProblemError(ProblemCode.IDEMPOTENCY_KEY_REUSED) from None
    except NoSuchPassError:
        raise ProblemError(ProblemCode.PASS_NOT_FOUND) from None
    except PassError as error:
        raise ProblemError(ProblemCode.PASS_UNFIT, str(error)) from None
    return _shown(pass_id)


def _shown(pass_id: PassId) -> StaffPass:
    def question(db: Db) -> tuple[MyPass | None, list[LedgerLine]]:
        lines = newest_ledger_lines(db, [pass_id], limit=LEDGER_LINES_MAX)
        return find_pass(db, pass_id), lines.get(pass_id, [])

    found, lines = services().ask(question)
    if found is None:
        raise ProblemError(ProblemCode.PASS_NOT_FOUND)
    member = shown_member(found.facts.member_id)
    mine = PassWithLedger.of(found, lines)
    return StaffPass(**dict(mine), member=Named(id=member.id, name=member.name))
