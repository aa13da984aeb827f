"""A session as staff see it: who has a place, who waits, who was passed over."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Response

from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.staff.frame import staff_only
from api.routes.roster import get_roster
from domain.roles import Role


@pages.get("/staff/sessions/<uuid:session_id>")
@staff_only(Role.TRAINER)
def show_roster(session_id: UUID) -> Response:
    """Show the roster; scripts keep it up to date."""
    roster = v1(get_roster)(session_id)
    return framed_page(
        "staff/roster.html",
        roster=roster,
        session=roster.session,
        now=datetime.now(UTC),
        tz=roster.session.time_zone,
    )
