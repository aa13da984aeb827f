"""The visitor's own command that a page tells about."""

from uuid import UUID

from flask import request

from api.models.commands import Command
from api.pages.interface import v1
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.commands import get_command


def command_in_address() -> Command | None:
    """Return the visitor's command that the address names; whatever else it names is no command."""
    try:
        command_id = UUID(request.args.get("command", ""))
    except ValueError:
        return None
    return find_command(command_id)


def find_command(command_id: UUID) -> Command | None:
    """Return the visitor's command with this id, None where there is none or it is another member's."""
    try:
        return v1(get_command)(command_id)
    except ProblemError as problem:
        if problem.code is not ProblemCode.COMMAND_NOT_FOUND:
            raise
        return None


def told_command(problem: ProblemError) -> str | None:
    """Return the id of the command that the problem speaks of: the one refused, or the one that used the key first."""
    if problem.command is not None:
        return str(problem.command["id"])
    if problem.code is ProblemCode.IDEMPOTENCY_KEY_REUSED:
        return problem.headers["Location"].rpartition("/")[2]
    return None
