"""What staff changed: who, when and why, newest first."""

from flask import Response

from api.models.staff import StaffChangesQuery
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.queries import query_of
from api.pages.rendering import framed_page
from api.pages.staff.change_words import say_changes
from api.pages.staff.frame import staff_only
from api.routes.catalogue import get_studio
from api.routes.staff import get_staff_changes
from domain.roles import Role


@pages.get("/staff/changes")
@staff_only(Role.ADMIN)
def show_changes() -> Response:
    """List the changes, of one thing where the address names it."""
    query = query_of(StaffChangesQuery, "subject_id", "cursor")
    page = v1(get_staff_changes)(query)
    return framed_page(
        "staff/changes.html",
        page=page,
        changes=say_changes(page.items),
        subject_id=query.subject_id,
        cursor=query.cursor,
        time_zone=v1(get_studio)().time_zone,
    )
