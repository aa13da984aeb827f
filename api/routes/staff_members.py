"""Members for staff: finding them, what they have, making and inviting them, changing name and address."""

from uuid import UUID

from apiflask import APIBlueprint

from api import cursors
from api.auth import caller
from api.member_problems import told_as_problems
from api.models.common import NoFields
from api.models.me import BookingsPage, BookingsQuery, PageQuery, PassesPage
from api.models.staff_members import EditMemberBody, NewMemberBody, StaffMember, StaffMembers, StaffMembersQuery
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.me import bookings_of, passes_of
from api.services import page_size, services
from domain.ids import MemberId
from storage import members
from storage.identifiers import new_id
from storage.queries.staff_members import find_staff_member, list_members
from workers import members as door

_LOOKING = [ProblemCode.MEMBER_NOT_FOUND, ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE]
_EXAMPLE = {"name": "Maxim Bondar", "email": "maxim@example.org"}

routes = APIBlueprint("staff_members", __name__, tag="Staff: members")


@routes.get("/v1/staff/members")
@operation(access=Access.ADMIN, problems=[ProblemCode.INVALID_INPUT, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(StaffMembersQuery, location="query")
@routes.output(StaffMembers)
def get_members(query_data: StaffMembersQuery) -> StaffMembers:
    """Find members.

    In order of their names. For admins and owners.
    """
    asked, limit, after = query_data, page_size(query_data.limit), cursors.read_uuid(query_data.cursor)
    found = services().ask(
        lambda db: list_members(
            db,
            search=asked.search,
            role=asked.role,
            status=asked.status,
            after=None if after is None else MemberId(after),
            limit=limit + 1,
        )
    )
    page, next_cursor = cursors.page_of(found, limit, lambda one: cursors.id_cursor(one.id))
    return StaffMembers(
        items=[StaffMember.of(one) for one in page],
        next_cursor=next_cursor,
    )


@routes.post("/v1/staff/members")
@operation(access=Access.ADMIN, problems=[*BODY_PROBLEMS, ProblemCode.DATABASE_UNAVAILABLE])
@routes.input(NewMemberBody, example=_EXAMPLE)
@routes.output(StaffMember, status_code=201, description="Made")
def create_member(json_data: NewMemberBody) -> StaffMember:
    """Make a member.

    They have the role `member` and no password: an invitation, mailed at once unless `invite` is false, lets them
    choose one. An address that another member has is refused. For admins and owners.
    """
    actor_id, member_id = caller().member_id, MemberId(new_id())
    with told_as_problems():
        services().ask(
            lambda db: members.create_member(
                db, member_id, name=json_data.name, email=json_data.email, actor_id=actor_id
            )
        )
    if json_data.invite:
        _invite(member_id, actor_id)
    return shown_member(member_id)


@routes.get("/v1/staff/members/<uuid:member_id>")
@operation(access=Access.ADMIN, problems=_LOOKING)
@routes.output(StaffMember)
def get_member(member_id: UUID) -> StaffMember:
    """Look at a member.

    Those who were removed are there for good, without name and address. For admins and owners.
    """
    return shown_member(MemberId(member_id))


@routes.patch("/v1/staff/members/<uuid:member_id>")
@operation(
    access=Access.ADMIN,
    problems=[
        *BODY_PROBLEMS,
        ProblemCode.MEMBER_NOT_FOUND,
        ProblemCode.MEMBER_OUT_OF_REACH,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
)
@routes.input(EditMemberBody, example={"email": "maxim@example.org", "why": "has a new address"})
@routes.output(StaffMember)
def edit_member(member_id: UUID, json_data: EditMemberBody) -> StaffMember:
    """Change a member's name or e-mail address.

    Links to a password that were mailed to the address before end. Admins change those of members, trainers and
    themselves; owners everybody's.
    """
    actor_id = caller().member_id
    with told_as_problems():
        services().ask(
            lambda db: members.edit_member(
                db,
                MemberId(member_id),
                name=json_data.name,
                email=json_data.email,
                why=json_data.why,
                actor_id=actor_id,
            )
        )
    return shown_member(MemberId(member_id))


@routes.post("/v1/staff/members/<uuid:member_id>/invitation")
@operation(
    access=Access.ADMIN,
    problems=[
        *BODY_PROBLEMS,
        *_LOOKING[:1],
        ProblemCode.MEMBER_HAS_PASSWORD,
        ProblemCode.MEMBER_WITHOUT_EMAIL,
        _LOOKING[2],
    ],
)
@routes.input(NoFields)
@routes.output(StaffMember, description="Invited")
def invite_member(member_id: UUID, json_data: NoFields) -> StaffMember:  # noqa: ARG001
    """Invite a member who has no password yet.

    A link to choose one is mailed; the one before ends. A guest who follows it has an account from then on, and keeps
    bookings and passes; one without an e-mail address is given one first. For admins and owners.
    """
    _invite(MemberId(member_id), caller().member_id)
    return shown_member(MemberId(member_id))


@routes.get("/v1/staff/members/<uuid:member_id>/bookings")
@operation(access=Access.ADMIN, problems=_LOOKING)
@routes.input(BookingsQuery, location="query")
@routes.output(BookingsPage)
def get_member_bookings(member_id: UUID, query_data: BookingsQuery) -> BookingsPage:
    """List a member's bookings.

    As the member sees them at /v1/me/bookings. For admins and owners.
    """
    shown_member(MemberId(member_id))
    return bookings_of(MemberId(member_id), query_data)


@routes.get("/v1/staff/members/<uuid:member_id>/passes")
@operation(access=Access.ADMIN, problems=_LOOKING)
@routes.input(PageQuery, location="query")
@routes.output(PassesPage)
def get_member_passes(member_id: UUID, query_data: PageQuery) -> PassesPage:
    """List a member's passes.

    As the member sees them at /v1/me/passes, with their ledgers. For admins and owners.
    """
    shown_member(MemberId(member_id))
    return passes_of(MemberId(member_id), query_data)


def shown_member(member_id: MemberId) -> StaffMember:
    """Return the member as staff see them; one that never was ends the request with a problem."""
    found = services().ask(lambda db: find_staff_member(db, member_id))
    if found is None:
        raise ProblemError(ProblemCode.MEMBER_NOT_FOUND)
    return StaffMember.of(found)


def _invite(member_id: MemberId, actor_id: MemberId) -> None:
    made, link_id = services(), new_id()
    with told_as_problems():
        made.ask(lambda db: door.invite(db, made.redis, link_id=link_id, member_id=member_id, actor_id=actor_id))
