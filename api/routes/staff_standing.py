"""What members may do and whether they may come: roles, suspending, removing."""

from collections.abc import Callable
from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.member_problems import told_as_problems
from api.models.staff_members import RoleBody, StaffMember, WhyBody
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.routes.staff_members import shown_member
from api.services import services
from domain.ids import MemberId
from storage import members
from storage.database import Db
from workers import members as door

_PROBLEMS = [
    *BODY_PROBLEMS,
    ProblemCode.MEMBER_NOT_FOUND,
    ProblemCode.MEMBER_OUT_OF_REACH,
    ProblemCode.LAST_OWNER,
    ProblemCode.DATABASE_UNAVAILABLE,
]
_EXAMPLE = {"why": "asked for it at the desk"}

routes = APIBlueprint("staff_standing", __name__, tag="Staff: members")


@routes.post("/v1/staff/members/<uuid:member_id>/role")
@operation(access=Access.ADMIN, problems=[*_PROBLEMS, ProblemCode.MEMBER_IS_GUEST])
@routes.input(RoleBody, example={"role": "trainer", "why": "teaches from May on"})
@routes.output(StaffMember)
def change_member_role(member_id: UUID, json_data: RoleBody) -> StaffMember:
    """Change what a member may do.

    Owners give any role; admins make trainers and members of each other. Nobody changes their own, but an owner may
    step down; the last owner cannot.
    """
    return _changed(
        member_id,
        lambda db, id_, actor_id: members.change_role(db, id_, json_data.role, why=json_data.why, actor_id=actor_id),
    )


@routes.post("/v1/staff/members/<uuid:member_id>/suspension")
@operation(access=Access.ADMIN, problems=_PROBLEMS)
@routes.input(WhyBody, example=_EXAMPLE)
@routes.output(StaffMember, description="Suspended")
def suspend_member(member_id: UUID, json_data: WhyBody) -> StaffMember:
    """Suspend a member.

    Their sign-ins end and their tokens let nobody in from this moment; open event streams end within seconds. What
    they booked, or asked for before, still counts. Admins suspend members and trainers, owners everybody but the last
    owner; nobody themselves.
    """
    return _changed(
        member_id, lambda db, id_, actor_id: members.suspend_member(db, id_, why=json_data.why, actor_id=actor_id)
    )


@routes.post("/v1/staff/members/<uuid:member_id>/reactivation")
@operation(access=Access.ADMIN, problems=_PROBLEMS)
@routes.input(WhyBody, example=_EXAMPLE)
@routes.output(StaffMember, description="Reactivated")
def reactivate_member(member_id: UUID, json_data: WhyBody) -> StaffMember:
    """Let a suspended member in again.

    They sign in as before. Whoever may suspend a member may reactivate them.
    """
    return _changed(
        member_id, lambda db, id_, actor_id: members.reactivate_member(db, id_, why=json_data.why, actor_id=actor_id)
    )


@routes.post("/v1/staff/members/<uuid:member_id>/removal")
@operation(access=Access.ADMIN, problems=_PROBLEMS)
@routes.input(WhyBody, example=_EXAMPLE)
@routes.output(StaffMember, description="Removed")
def remove_member(member_id: UUID, json_data: WhyBody) -> StaffMember:
    """Remove a member, for good.

    Name and e-mail address are forgotten, and with them password, sign-ins, devices, calendar feed and preferences.
    Upcoming bookings are cancelled by their sessions, which takes a moment. What was booked and paid before stays in
    rosters, ledgers and journals, as a former member's. Who may suspend a member may remove them.
    """
    redis = services().redis
    return _changed(
        member_id, lambda db, id_, actor_id: door.remove(db, redis, id_, why=json_data.why, actor_id=actor_id)
    )


def _changed(member_id: UUID, change: Callable[[Db, MemberId, MemberId], None]) -> StaffMember:
    """Return the member after a change by the caller."""
    actor_id, id_ = caller().member_id, MemberId(member_id)
    with told_as_problems():
        services().ask(lambda db: change(db, id_, actor_id))
    return shown_member(id_)
