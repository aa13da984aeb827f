"""What staff ask of a session: commands in the same line as the members', each with who and why."""

from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.commanding import Given, give
from api.models.commands import Command, CommandHeaders
from api.models.common import NoFields
from api.models.staff_commands import (
    BookForMemberBody,
    CancelSessionBody,
    CapacityBody,
    ClearBookingsBody,
    RemoveBody,
    RescheduleBody,
)
from api.models.what_if import DryRun, WhatIf
from api.openapi import Access, command_answer, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.bookings import COMMAND_PROBLEMS
from api.services import services
from domain.commands import (
    AcceptOffer,
    Actor,
    BookForMember,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    RescheduleSession,
)
from domain.commands import Command as AskedCommand
from domain.ids import BookingId, MemberId, PassId, SpaceId, TrainerId, TrainingSessionId
from storage.database import Db
from storage.queries.schedule import Catalogue, has_entry
from workers import inbox
from workers.what_if import what_if

_OF_A_SESSION = [*COMMAND_PROBLEMS, ProblemCode.SESSION_NOT_FOUND]
_OF_A_BOOKING = [*COMMAND_PROBLEMS, ProblemCode.BOOKING_NOT_FOUND]
_ACCEPTED = command_answer("Accepted; the outcome is still to come")

Answered = tuple[Command, int, dict[str, str]]
AnsweredOrSeen = Answered | WhatIf

routes = APIBlueprint("staff_commands", __name__, tag="Staff")


@routes.post("/v1/staff/sessions/<uuid:session_id>/bookings")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_SESSION,
    answers={201: command_answer("Booked, or in line: see the booking's status"), 202: _ACCEPTED},
)
@routes.input(BookForMemberBody)
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=201)
def book_for_member(session_id: UUID, json_data: BookForMemberBody, headers_data: CommandHeaders) -> Answered:
    """Book for a member.

    Also outside the booking window, but never into a session that is cancelled or has started. For admins and owners.
    """
    command = BookForMember(MemberId(json_data.member_id), PassId(json_data.pass_id), json_data.why)
    return _give(TrainingSessionId(session_id), command, headers_data, done=201)


@routes.post("/v1/staff/bookings/<uuid:booking_id>/cancellation")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_BOOKING,
    answers={200: command_answer("Taken off the session", or_else="WhatIf"), 202: _ACCEPTED},
)
@routes.input(RemoveBody)
@routes.input(DryRun, location="query")
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def remove_booking(
    booking_id: UUID, json_data: RemoveBody, query_data: DryRun, headers_data: CommandHeaders
) -> AnsweredOrSeen:
    """Take a member off a session.

    Also past the deadline; the place goes to the next in line. With or without refund. For admins and owners.
    """
    command = CancelForMember(BookingId(booking_id), json_data.why, refund=json_data.refund)
    return _see_or_give(_session_of(booking_id), command, query_data, headers_data)


@routes.post("/v1/staff/bookings/<uuid:booking_id>/acceptance")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_BOOKING,
    answers={200: command_answer("The place is the member's"), 202: _ACCEPTED},
)
@routes.input(NoFields)
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def accept_for_member(booking_id: UUID, json_data: NoFields, headers_data: CommandHeaders) -> Answered:  # noqa: ARG001
    """Accept an offered place for a member.

    Who called, or a guest, who cannot sign in. In time, as members themselves. For admins and owners.
    """
    return _give(_session_of(booking_id), AcceptOffer(BookingId(booking_id)), headers_data, done=200)


@routes.post("/v1/staff/sessions/<uuid:session_id>/capacity")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_SESSION,
    answers={200: command_answer("The session has so many places", or_else="WhatIf"), 202: _ACCEPTED},
)
@routes.input(CapacityBody)
@routes.input(DryRun, location="query")
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def change_capacity(
    session_id: UUID, json_data: CapacityBody, query_data: DryRun, headers_data: CommandHeaders
) -> AnsweredOrSeen:
    """Change the number of places.

    More places go to those in line; with fewer nobody loses theirs. For admins and owners.
    """
    command = ChangeCapacity(json_data.capacity, json_data.why)
    return _see_or_give(TrainingSessionId(session_id), command, query_data, headers_data)


@routes.post("/v1/staff/sessions/<uuid:session_id>/reschedule")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_SESSION,
    answers={200: command_answer("The session is moved", or_else="WhatIf"), 202: _ACCEPTED},
)
@routes.input(RescheduleBody)
@routes.input(DryRun, location="query")
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def reschedule(
    session_id: UUID, json_data: RescheduleBody, query_data: DryRun, headers_data: CommandHeaders
) -> AnsweredOrSeen:
    """Move a session.

    Or change its trainer or space. Bookings stay and everybody is told; a new time opens free cancelling for a day.
    For admins and owners.
    """
    services().ask(lambda db: _check_references(db, json_data))
    command = RescheduleSession(
        json_data.starts_at,
        json_data.lasts_minutes,
        TrainerId(json_data.trainer_id),
        SpaceId(json_data.space_id),
        json_data.why,
    )
    return _see_or_give(TrainingSessionId(session_id), command, query_data, headers_data)


@routes.post("/v1/staff/sessions/<uuid:session_id>/clearing")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_SESSION,
    answers={200: command_answer("Nobody is on the session any more", or_else="WhatIf"), 202: _ACCEPTED},
)
@routes.input(ClearBookingsBody)
@routes.input(DryRun, location="query")
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def clear_bookings(
    session_id: UUID, json_data: ClearBookingsBody, query_data: DryRun, headers_data: CommandHeaders
) -> AnsweredOrSeen:
    """Take everybody off a session.

    Who has a place, with or without refund, and who waits; all are told. The session stays, and may be booked again.
    For admins and owners.
    """
    command = ClearBookings(json_data.why, refund=json_data.refund)
    return _see_or_give(TrainingSessionId(session_id), command, query_data, headers_data)


@routes.post("/v1/staff/sessions/<uuid:session_id>/cancellation")
@operation(
    access=Access.ADMIN,
    problems=_OF_A_SESSION,
    answers={200: command_answer("The session is cancelled", or_else="WhatIf"), 202: _ACCEPTED},
)
@routes.input(CancelSessionBody)
@routes.input(DryRun, location="query")
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=200)
def cancel_session(
    session_id: UUID, json_data: CancelSessionBody, query_data: DryRun, headers_data: CommandHeaders
) -> AnsweredOrSeen:
    """Cancel a session.

    Everybody with a place gets their session back, the line is released, and all are told. For admins and owners.
    """
    return _see_or_give(TrainingSessionId(session_id), CancelSession(json_data.why), query_data, headers_data)


def _session_of(booking_id: UUID) -> TrainingSessionId:
    session_id = services().ask(lambda db: inbox.training_session_of_booking(db, BookingId(booking_id)))
    if session_id is None:
        raise ProblemError(ProblemCode.BOOKING_NOT_FOUND)
    return session_id


def _give(session_id: TrainingSessionId, command: AskedCommand, headers: CommandHeaders, *, done: int) -> Answered:
    return give(services(), Given(caller().member_id, session_id, command, headers, as_staff=True), done=done)


def _see_or_give(
    session_id: TrainingSessionId, command: AskedCommand, query: DryRun, headers: CommandHeaders
) -> AnsweredOrSeen:
    if not query.dry_run:
        return _give(session_id, command, headers, done=200)
    actor = Actor(caller().member_id, is_staff=True)
    seen = services().ask(lambda db: what_if(db, session_id, actor, command))
    if seen is None:
        raise ProblemError(ProblemCode.SESSION_NOT_FOUND)
    return WhatIf.of(seen)


def _check_references(db: Db, body: RescheduleBody) -> None:
    """Refuse a trainer or space that does not exist: the log takes no command that could not be carried out."""
    errors = {}
    if not has_entry(db, Catalogue.TRAINERS, body.trainer_id):
        errors["trainer_id"] = "There is no such trainer; see /v1/trainers for those there are."
    if not has_entry(db, Catalogue.SPACES, body.space_id):
        errors["space_id"] = "There is no such space; see /v1/spaces for those there are."
    if errors:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=errors)
