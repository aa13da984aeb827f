"""A session as staff see it: who has a place, who waits, who was passed over."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Response

from api.language import gettext
from api.pages.blueprint import pages
from api.pages.commands import command_in_address
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.staff.attendance_words import attendance_names
from api.pages.staff.forms import Form
from api.pages.staff.frame import staff_only
from api.pages.visitors import new_key, visitor
from api.routes.roster import get_roster, get_roster_file
from domain.outcomes import CommandStatus
from domain.roles import Role

LOOK_AGAIN_SECONDS = 3


@pages.get("/staff/sessions/<uuid:session_id>")
@staff_only(Role.TRAINER)
def show_roster(session_id: UUID) -> Response:
    """Show the roster; scripts keep it up to date."""
    roster = v1(get_roster)(session_id)
    here, command = visitor(), command_in_address()
    answer = framed_page(
        "staff/roster.html",
        roster=roster,
        key=new_key(),
        guest=Form(),
        command=command if command is not None and command.session_id == session_id else None,
        may_change=here is not None and here.role.reaches(Role.ADMIN),
        marks=list(attendance_names().items()),
        take_off=gettext("Take off"),
        session=roster.session,
        now=datetime.now(UTC),
        tz=roster.session.time_zone,
    )
    if command is not None and command.status is CommandStatus.WAITING:
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


@pages.get("/staff/sessions/<uuid:session_id>/roster.csv")
@staff_only(Role.TRAINER)
def download_roster(session_id: UUID) -> Response:
    """Hand out the roster as a file."""
    return v1(get_roster_file)(session_id)


@pages.get("/staff/sessions/<uuid:session_id>/print")
@staff_only(Role.TRAINER)
def print_roster(session_id: UUID) -> Response:
    """Show the roster as it is put on paper: names with room to tick them off."""
    roster = v1(get_roster)(session_id)
    return framed_page("staff/print.html", roster=roster, came=attendance_names(), session=roster.session,
                       tz=roster.session.time_zone)  # fmt: skip
