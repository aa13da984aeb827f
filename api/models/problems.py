"""The problem document (RFC 9457), for the OpenAPI document; `api.problems` writes it."""

from pydantic import Field

from api.models.commands import Command
from api.models.common import Answer, Reason
from api.models.planning import PlanConflict


class Problem(Answer):
    """Why a request was not answered as asked. Members that say nothing are left out."""

    type: str = Field(description="Where the code is explained.", json_schema_extra={"format": "uri-reference"})
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do.")
    code: str = Field(description="A stable code that programs may depend on.")
    reasons: list[Reason] = Field(default=[], description="Every reason why a command was refused.")
    errors: dict[str, str] = Field(default={}, description="A sentence for each bad field or part, by its name.")
    conflicts: list[PlanConflict] = Field(default=[], description="The sessions in the way of what was planned.")
    command: Command | None = Field(default=None, description="The command that was refused or has failed.")
