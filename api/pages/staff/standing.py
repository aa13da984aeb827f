"""What a member may do and whether they may come, on the staff's pages: role, suspending, removing."""

from collections.abc import Callable
from uuid import UUID

from flask import Response

from api.language import gettext
from api.models.staff_members import RoleBody, StaffMember, WhyBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.staff.forms import attempt, refused
from api.pages.staff.frame import staff_only
from api.pages.staff.member import edit_page, edited
from api.pages.visitors import checked_form
from api.routes.staff_standing import change_member_role, reactivate_member, remove_member, suspend_member
from domain.roles import Role

_SURE = "sure"
"""The box that is ticked before somebody is removed."""


@pages.post("/staff/members/<uuid:member_id>/role")
@staff_only(Role.ADMIN)
def do_change_role(member_id: UUID) -> Response:
    """Change the role, and say so on the member's page."""
    fields = checked_form()
    values = {name: fields.get(name, "") for name in ("role", "why")}
    changed = attempt(RoleBody, values, lambda body: v1(change_member_role)(member_id, json_data=body), filled=values)
    return edited(member_id, changed, "role")


@pages.post("/staff/members/<uuid:member_id>/suspension")
@staff_only(Role.ADMIN)
def do_suspend(member_id: UUID) -> Response:
    """Suspend the member, and say so."""
    return _ended(member_id, v1(suspend_member), "suspension")


@pages.post("/staff/members/<uuid:member_id>/reactivation")
@staff_only(Role.ADMIN)
def do_reactivate(member_id: UUID) -> Response:
    """Let the member in again, and say so."""
    return _ended(member_id, v1(reactivate_member), "reactivation")


@pages.post("/staff/members/<uuid:member_id>/removal")
@staff_only(Role.ADMIN)
def do_remove(member_id: UUID) -> Response:
    """Remove the member once the box is ticked that says that it is meant."""
    return _ended(member_id, v1(remove_member), "removal", sure=True)


def _ended(
    member_id: UUID, operation: Callable[[UUID, WhyBody], StaffMember], what: str, *, sure: bool = False
) -> Response:
    fields = checked_form()
    if sure and _SURE not in fields:
        return edit_page(member_id, refused(fields, {_SURE: gettext("Tick the box if you are sure.")}), what)
    values = {"why": fields.get("why", "")}
    return edited(member_id, attempt(WhyBody, values, lambda body: operation(member_id, body), filled=fields), what)
