"""One member for staff: who they are, what they have, and what was changed about them."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Response

from api.language import N_
from api.models.common import NoFields
from api.models.me import BookingsQuery, PageQuery
from api.models.staff import StaffChangesQuery
from api.models.staff_members import EditMemberBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.passes import shown_passes
from api.pages.queries import ON_A_PAGE, query_of, saved_words
from api.pages.rendering import framed_page
from api.pages.staff.change_words import say_changes
from api.pages.staff.forms import Form, attempt, done
from api.pages.staff.frame import staff_only
from api.pages.staff.role_words import role_names
from api.pages.visitors import checked_form
from api.routes.catalogue import get_studio
from api.routes.me import LEDGER_LINES_MAX
from api.routes.staff import get_staff_changes
from api.routes.staff_members import (
    edit_member,
    get_member,
    get_member_bookings,
    get_member_passes,
    invite_member,
)
from domain.roles import Role

SAVED = {
    "created": N_("The member is made; they have no invitation yet"),
    "invited": N_("The invitation is on its way"),
    "edited": N_("Saved"),
    "granted": N_("The pass is granted, and the member is told"),
    "role": N_("The role is changed"),
    "suspension": N_("The member is suspended and signed out everywhere"),
    "reactivation": N_("The member can sign in again"),
    "removal": N_("The member is removed; their upcoming bookings are being cancelled"),
}


@pages.get("/staff/members/<uuid:member_id>")
@staff_only(Role.ADMIN)
def show_member(member_id: UUID) -> Response:
    """Show the member with their passes, bookings and the newest changes."""
    query = query_of(BookingsQuery, "when", "cursor")
    member, time_zone = v1(get_member)(member_id), v1(get_studio)().time_zone
    changes = v1(get_staff_changes)(StaffChangesQuery(subject_id=None, member_id=member_id, limit=ON_A_PAGE))
    return framed_page(
        "staff/member.html",
        member=member,
        saved=saved_words(SAVED),
        roles=role_names(),
        passes=shown_passes(v1(get_member_passes)(member_id, PageQuery(limit=ON_A_PAGE)), time_zone),
        lines_max=LEDGER_LINES_MAX,
        bookings=v1(get_member_bookings)(member_id, query),
        when=str(query.when),
        cursor=query.cursor,
        now=datetime.now(UTC),
        changes=say_changes(changes.items),
        time_zone=time_zone,
    )


@pages.post("/staff/members/<uuid:member_id>/invitation")
@staff_only(Role.ADMIN)
def do_invite_member(member_id: UUID) -> Response:
    """Mail an invitation, and say so."""
    checked_form()
    invited = attempt(NoFields, {}, lambda body: v1(invite_member)(member_id, json_data=body), filled={})
    return edited(member_id, invited, "invited")


@pages.get("/staff/members/<uuid:member_id>/edit")
@staff_only(Role.ADMIN)
def show_edit_member(member_id: UUID) -> Response:
    """Show what can be changed about the member."""
    return edit_page(member_id)


@pages.post("/staff/members/<uuid:member_id>/edit")
@staff_only(Role.ADMIN)
def do_edit_member(member_id: UUID) -> Response:
    """Change name and address."""
    fields = checked_form()
    values = {name: fields.get(name, "") for name in ("name", "email", "why")}
    # A guest who has no address may stay without one; nobody else loses theirs.
    without = not values["email"] and v1(get_member)(member_id).email is None
    given = {name: value for name, value in values.items() if not (name == "email" and without)}
    changed = attempt(EditMemberBody, given, lambda body: v1(edit_member)(member_id, json_data=body), filled=values)
    return edited(member_id, changed, "edited")


def edited(member_id: UUID, came: object, what: str) -> Response:
    """Return the way to the member's page, which says what is done; a form that was refused is shown again."""
    return edit_page(member_id, came, what) if isinstance(came, Form) else done(f"/staff/members/{member_id}", what)


def edit_page(member_id: UUID, refused: Form | None = None, what: str = "") -> Response:
    """Return the page with its forms; the one that was refused stands where `what` is done."""
    member = v1(get_member)(member_id)
    forms = {
        "edited": Form({"name": member.name, "email": member.email}),
        "role": Form({"role": member.role}),
        "suspension": Form(),
        "reactivation": Form(),
        "removal": Form(),
    }
    return framed_page(
        "staff/member_edit.html",
        status=refused.status if refused else 200,
        member=member,
        refused=refused,
        forms=forms if refused is None else {**forms, what: refused},
        roles=role_names(),
    )
