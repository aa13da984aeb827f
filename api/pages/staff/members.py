"""Members for staff: the list with its search, and making one."""

from flask import Response, request

from api.models.staff_members import NewMemberBody, StaffMembersQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import query_of
from api.pages.rendering import framed_page
from api.pages.staff.forms import Form, attempt, done
from api.pages.staff.frame import staff_only
from api.pages.staff.role_words import role_names
from api.pages.visitors import checked_form
from api.routes.staff_members import create_member, get_members
from domain.members import MemberStatus
from domain.roles import Role


@pages.get("/staff/members")
@staff_only(Role.ADMIN)
def show_members() -> Response:
    """List members, those that fit what is searched for."""
    names = [name for name in ("search", "role", "status", "cursor") if request.args.get(name)]
    query = query_of(StaffMembersQuery, *names)
    return framed_page(
        "staff/members.html", page=v1(get_members)(query), query=query, roles=role_names(), statuses=list(MemberStatus)
    )


@pages.get("/staff/members/new")
@staff_only(Role.ADMIN)
def show_new_member() -> Response:
    """Ask who joins."""
    return _new_member_page(Form({"invite": "yes"}))


@pages.post("/staff/members/new")
@staff_only(Role.ADMIN)
def do_create_member() -> Response:
    """Make the member and go on to their page; say on the form what is wrong."""
    fields = checked_form()
    values = {"name": fields.get("name", ""), "email": fields.get("email", ""), "invite": "invite" in fields}
    made = attempt(NewMemberBody, values, v1(create_member), filled=fields)
    if isinstance(made, Form):
        return _new_member_page(made)
    return done(f"/staff/members/{made.id}", "invited" if values["invite"] else "created")


def _new_member_page(form: Form) -> Response:
    return framed_page("staff/member_new.html", status=form.status, form=form)
