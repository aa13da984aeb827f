"""What the studio's office sees."""

from typing import Any

from pydantic import Field

from api.models.common import Answer, Input


class StaffEventsQuery(Input):
    """Where to go on."""

    after: int = Field(0, ge=0, lt=2**63, description="The `last` of the answer before; 0 to begin with the first.")
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class StaffEvents(Answer):
    """Events in the order of their numbers, which have no gaps."""

    items: list[dict[str, Any]] = Field(description="Each has the same fields as the body of a webhook.")
    last: int = Field(description="The number to go on after.")
    more: bool = Field(description="Whether there are more already.")
