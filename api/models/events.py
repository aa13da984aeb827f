"""What an event stream is asked for."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from api.models.common import Answer, Input

SESSIONS_MAX = 50


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class EventsQuery(Input):
    """Which sessions to watch."""

    session_id: Annotated[list[UUID], BeforeValidator(_as_list)] = Field(
        default=[], max_length=SESSIONS_MAX, description="A session to watch; give it again for each, at most 50 times."
    )


class EventsHeaders(Answer):
    """Where to go on."""

    last_event_id: str | None = Field(
        None,
        pattern=r"^[0-9]{1,16}$",
        description="The `id` of the last event that was heard; browsers send it when they come again.",
    )
