"""Guests: staff put somebody on a session by name."""

from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.commanding import Given, give
from api.member_problems import told_as_problems
from api.models.commands import Command, CommandHeaders
from api.models.staff_guests import AddGuestBody
from api.openapi import Access, command_answer, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.bookings import COMMAND_PROBLEMS
from api.services import services
from domain.ids import CommandId, MemberId, PassId, TrainingSessionId
from domain.outcomes import Refused
from domain.refusals import RefusalReason
from storage.command_log import Accepted
from storage.database import Db
from storage.identifiers import new_id
from workers import guests as door
from workers.guests import NewGuest

routes = APIBlueprint("staff_guests", __name__, tag="Staff")


@routes.post("/v1/staff/sessions/<uuid:session_id>/guests")
@operation(
    access=Access.TRAINER,
    problems=[*COMMAND_PROBLEMS, ProblemCode.SESSION_NOT_FOUND],
    answers={
        201: command_answer("The guest has a place, or is in line: see the booking's status"),
        202: command_answer("Accepted; the outcome is still to come"),
    },
)
@routes.input(AddGuestBody, example={"name": "Iryna Bondar", "why": "a friend of Nina's"})
@routes.input(CommandHeaders, location="headers")
@routes.output(Command, status_code=201)
def add_guest(
    session_id: UUID, json_data: AddGuestBody, headers_data: CommandHeaders
) -> tuple[Command, int, dict[str, str]]:
    """Add a guest.

    Puts somebody on the session who has no account: a member who is a guest, with a pass of one session that pays.
    Booked as for a member, also outside the booking window. Where the rules say no at once, nobody is made; where they
    say no later, the guest stays among the members. An address that another member has is refused. For trainers,
    admins and owners.
    """
    actor_id, redis = caller().member_id, services().redis
    new = NewGuest(
        MemberId(new_id()),
        PassId(new_id()),
        TrainingSessionId(session_id),
        json_data.name,
        json_data.email,
        json_data.why,
    )

    def accept(db: Db, command_id: CommandId) -> Accepted:
        accepted = door.add(db, redis, new, command_id=command_id, actor_id=actor_id, key=headers_data.idempotency_key)
        if isinstance(accepted, Refused) and RefusalReason.SESSION_NOT_FOUND not in accepted.reasons:
            raise ProblemError(ProblemCode.REFUSED, reasons=accepted.reasons)
        return accepted

    given = Given(actor_id, new.training_session_id, new.command, headers_data, as_staff=True, accept=accept)
    with told_as_problems():
        return give(services(), given, done=201)
