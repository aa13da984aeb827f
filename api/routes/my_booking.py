"""One booking of mine, whoever made it."""

from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.models.me import Booking
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.ids import BookingId
from storage.queries.bookings import find_booking

routes = APIBlueprint("my_booking", __name__, tag="Me")


@routes.get("/v1/me/bookings/<uuid:booking_id>")
@operation(access=Access.MEMBER, problems=[ProblemCode.BOOKING_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE])
@routes.output(Booking)
def get_booking(booking_id: UUID) -> Booking:
    """Show a booking of mine.

    With its session, also when the studio's staff made it. Somebody else's booking is not found, as if it did not
    exist; neither is one whose command still waits: look at /v1/commands/{id}.
    """
    member_id = caller().member_id
    found = services().ask(lambda db: find_booking(db, BookingId(booking_id)))
    if found is None or found.booking.member_id != member_id:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    return Booking.with_session(found)
