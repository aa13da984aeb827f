"""Check-in: who came, noted by staff, by hand or by the code that a member shows."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response

from api.auth import caller
from api.check_in_codes import picture_of, read_code
from api.models.attendance import AttendanceBody, CheckIn
from api.models.roster import StaffBooking
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.attendance import at_the_door
from domain.facts import BookingStatus
from domain.ids import BookingId
from storage.attendances import Noted
from storage.database import Db
from storage.queries.bookings import find_booking
from storage.queries.roster import FoundBooking, find_on_roster
from workers import attendance

_SVG = {"description": "A QR code", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}

routes = APIBlueprint("attendance", __name__, tag="Staff")


@routes.post("/v1/staff/bookings/<uuid:booking_id>/attendance")
@operation(
    access=Access.TRAINER,
    problems=[
        *BODY_PROBLEMS,
        ProblemCode.BOOKING_NOT_FOUND,
        ProblemCode.BOOKING_NOT_CONFIRMED,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
)
@routes.input(AttendanceBody, example={"attendance": "present"})
@routes.output(StaffBooking)
def note_attendance(booking_id: UUID, json_data: AttendanceBody) -> StaffBooking:
    """Note who came.

    Of a booking with a place; may be changed and taken back, and the same twice is once. For trainers, admins and
    owners.
    """
    made, actor_id = services(), caller().member_id

    def question(db: Db) -> tuple[Noted, FoundBooking | None]:
        noted = attendance.note(db, made.redis, BookingId(booking_id), json_data.attendance, actor_id=actor_id)
        return noted, find_on_roster(db, BookingId(booking_id))

    noted, found = made.ask(question)
    if found is None:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    if noted is Noted.NO_PLACE:
        raise ProblemError(ProblemCode.BOOKING_NOT_CONFIRMED)
    return StaffBooking.of_found(found)


@routes.get("/v1/staff/check-ins/<code>")
@operation(access=Access.TRAINER, problems=[ProblemCode.BOOKING_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(CheckIn)
def get_check_in(code: str) -> CheckIn:
    """Look up whose code was shown.

    With whether it is for a session that begins now. Checking in is noting the attendance. For trainers, admins and
    owners.
    """
    made = services()
    booking_id = read_code(made.settings, code)
    found = None if booking_id is None else made.ask(lambda db: find_on_roster(db, booking_id))
    if found is None:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    session = found.session
    judged = at_the_door(
        session.training_session, found.status, now=datetime.now(UTC), time_zone=ZoneInfo(session.time_zone)
    )
    return CheckIn(booking=StaffBooking.of_found(found), at_the_door=judged)


@routes.get("/v1/me/bookings/<uuid:booking_id>/check-in-code")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.BOOKING_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
    answers={200: _SVG},
)
def get_check_in_code(booking_id: UUID) -> Response:
    """Show the code of my booking.

    A QR code to show at the door, as SVG. Only a confirmed booking has one.
    """
    made, member_id = services(), caller().member_id
    found = made.ask(lambda db: find_booking(db, BookingId(booking_id)))
    is_mine = found is not None and found.booking.member_id == member_id
    if found is None or not is_mine or found.booking.status is not BookingStatus.CONFIRMED:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    headers = {"Cache-Control": "private, no-store"}
    return Response(picture_of(made.settings, found.booking.id), headers=headers, content_type="image/svg+xml")
