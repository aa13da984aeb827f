"""Booking a place, accepting one that is offered, and giving it back: the commands a member gives."""

from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.commanding import Given, give
from api.models.bookings import BookSeatBody
from api.models.commands import Command, CommandHeaders
from api.models.common import NoFields
from api.openapi import Access, command_answer, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.commands import AcceptOffer, BookSeat, CancelBooking
from domain.ids import BookingId, PassId, TrainingSessionId
from workers import inbox

COMMAND_PROBLEMS = [
    ProblemCode.INVALID_JSON,
    ProblemCode.REFUSED,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.INVALID_INPUT,
    ProblemCode.IDEMPOTENCY_KEY_REUSED,
    ProblemCode.COMMAND_FAILED,
    ProblemCode.DATABASE_UNAVAILABLE,
]
"""What may be wrong with any command."""

_ACCEPTED = command_answer("Accepted; the outcome is still to come")

Answered = tuple[Command, int, dict[str, str]]

routes = APIBlueprint("bookings", __name__, tag="Booking")


@routes.post("/v1/sessions/<uuid:session_id>/bookings")
@operation(
    access=Access.MEMBER,
    gives_a_command=True,
    problems=[*COMMAND_PROBLEMS, ProblemCode.SESSION_NOT_FOUND],
    answers={201: command_answer("Booked, or in line: see the booking's status"), 202: _ACCEPTED},
)
@routes.input(BookSeatBody, example={"pass_id": "0197d6a2-4f5e-7c3b-8a10-2f6f4f1f0c11"})
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=201)
def book(session_id: UUID, json_data: BookSeatBody, headers_data: CommandHeaders) -> Answered:
    """Book a place.

    Accepted at once and decided in order with everybody else's. A full session puts you in line. The booking's id is
    the command's, so it can be cancelled even before the outcome is known.
    """
    given = Given(caller().member_id, TrainingSessionId(session_id), BookSeat(PassId(json_data.pass_id)), headers_data)
    return give(services(), given, done=201)


@routes.post("/v1/bookings/<uuid:booking_id>/cancellation")
@operation(
    access=Access.MEMBER,
    gives_a_command=True,
    problems=[*COMMAND_PROBLEMS, ProblemCode.BOOKING_NOT_FOUND],
    answers={200: command_answer("Cancelled, or out of the line"), 202: _ACCEPTED},
)
@routes.input(NoFields)
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def cancel(booking_id: UUID, json_data: NoFields, headers_data: CommandHeaders) -> Answered:  # noqa: ARG001
    """Cancel a booking, or leave the line.

    A confirmed place, or one that is offered, goes to the next in line. The session goes back to the pass that paid
    until the booking's `refunding_closes_at`.
    """
    return _give_about(booking_id, CancelBooking(BookingId(booking_id)), headers_data)


@routes.post("/v1/bookings/<uuid:booking_id>/acceptance")
@operation(
    access=Access.MEMBER,
    gives_a_command=True,
    problems=[*COMMAND_PROBLEMS, ProblemCode.BOOKING_NOT_FOUND],
    answers={200: command_answer("The place is yours"), 202: _ACCEPTED},
)
@routes.input(NoFields)
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def accept_offer(booking_id: UUID, json_data: NoFields, headers_data: CommandHeaders) -> Answered:  # noqa: ARG001
    """Accept an offered place.

    In time, which is by when this is accepted, however long it waits to be decided. The pass of the booking pays. To
    decline, cancel the booking.
    """
    return _give_about(booking_id, AcceptOffer(BookingId(booking_id)), headers_data)


def _give_about(booking_id: UUID, command: CancelBooking | AcceptOffer, headers: CommandHeaders) -> Answered:
    made = services()
    session_id = made.ask(lambda db: inbox.training_session_of_booking(db, BookingId(booking_id)))
    if session_id is None:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    return give(made, Given(caller().member_id, session_id, command, headers), done=200)
