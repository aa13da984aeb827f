"""Check-in on pages: by hand on the roster, and by the code that a member shows."""

from uuid import UUID

from flask import Response
from pydantic import ValidationError

from api.models.attendance import AttendanceBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page, see_other
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form, members_only, visitor
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.attendance import get_check_in, get_check_in_code, note_attendance
from domain.attendance import Attendance
from domain.roles import Role

NOTHING = "none"


@pages.post("/staff/sessions/<uuid:session_id>/attendance")
@staff_only(Role.TRAINER)
def do_note_attendance(session_id: UUID) -> Response:
    """Note what the button pressed says of one booking, and go back to its line of the roster."""
    booking, _, said = checked_form().get("note", "").partition(" ")
    try:
        booking_id = UUID(booking)
        body = AttendanceBody.model_validate({"attendance": None if said == NOTHING else said})
    except (ValueError, ValidationError):
        errors = {"note": "The form is not whole; open the roster again and send it from there."}
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=errors) from None
    v1(note_attendance)(booking_id, json_data=body)
    return see_other(f"/staff/sessions/{session_id}#booking-{booking_id}")


@pages.get("/check-in/<code>")
@members_only
def show_check_in(code: str) -> Response:
    """Tell staff whose code it is; whoever is not on the staff is told what it is for, and nothing else."""
    if not _is_staff():
        return framed_page("check_in_for_staff.html")
    found = v1(get_check_in)(code)
    return framed_page("staff/check_in.html", found=found, booking=found.booking, session=found.booking.session,
                       tz=found.booking.session.time_zone, code=code)  # fmt: skip


@pages.post("/check-in/<code>")
@members_only
def do_check_in(code: str) -> Response:
    """Check the member in, once however often the button is pressed."""
    checked_form()
    if not _is_staff():
        raise ProblemError(ProblemCode.NOT_PERMITTED)
    found = v1(get_check_in)(code)
    if found.at_the_door.may_come_in and found.booking.attendance is None:
        v1(note_attendance)(found.booking.booking_id, json_data=AttendanceBody(attendance=Attendance.PRESENT))
    return see_other(f"/check-in/{code}")


@pages.get("/bookings/<uuid:booking_id>/code.svg")
@members_only
def show_code(booking_id: UUID) -> Response:
    """Show the member's own code."""
    return v1(get_check_in_code)(booking_id)


def _is_staff() -> bool:
    here = visitor()
    return here is not None and here.role.reaches(Role.TRAINER)
