"""What became of a command."""

from uuid import UUID

from apiflask import APIBlueprint

from api.auth import caller
from api.models.commands import Command
from api.openapi import Access, operation
from api.outcomes import read_outcome
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from domain.ids import CommandId

routes = APIBlueprint("commands", __name__, tag="Booking")


@routes.get("/v1/commands/<uuid:command_id>")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.COMMAND_NOT_FOUND, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.output(Command)
def get_command(command_id: UUID) -> Command:
    """Look up a command.

    Its outcome, once it has one. Somebody else's command is not found, as if it did not exist.
    """
    member_id = caller().member_id
    found = services().ask_for_crowd(lambda db: read_outcome(db, CommandId(command_id), member_id))
    if found is None:
        raise ProblemError(ProblemCode.COMMAND_NOT_FOUND)
    return Command.of(*found)
