"""Sessions as staff plan them, and what stands in their way."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.language import N_, gettext
from api.models.common import Answer, Input, Instant, Named, Reason
from api.models.staff_catalogue import Capacity, Deadline, Grace, Length, WaitlistLimit
from storage.planning import Conflict

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}")


def read_local(text: Any) -> datetime:
    """Read a day and time on the studio's clocks."""
    try:
        if isinstance(text, str) and _LOCAL.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(gettext(N_("Write a day and a time of the studio's clocks, such as 2031-03-05T18:00")))


def read_date(text: Any) -> date:
    """Read a day."""
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(gettext(N_("Write a day, such as 2031-03-05")))


def read_time(text: Any) -> time:
    """Read a time of the day."""
    try:
        if isinstance(text, str) and _TIME.fullmatch(text):
            return time.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(gettext(N_("Write a time of the day, such as 18:00")))


LocalTime = Annotated[
    datetime,
    BeforeValidator(read_local),
    WithJsonSchema({"type": "string", "pattern": f"^{_LOCAL.pattern}$", "examples": ["2031-03-05T18:00"]}),
]
Day = Annotated[
    date,
    BeforeValidator(read_date),
    WithJsonSchema({"type": "string", "pattern": f"^{_DATE.pattern}$", "examples": ["2031-03-05"]}),
]
WallTime = Annotated[
    time,
    BeforeValidator(read_time),
    WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$", "examples": ["18:00"]}),
]


class PlanBody(Input):
    """What is planned, where and by whom. What is left out is as the training has it at this moment."""

    training_id: UUID
    trainer_id: UUID
    space_id: UUID
    lasts_minutes: Length = Field(default_factory=int)
    capacity: Capacity = Field(default_factory=int)
    booking_deadline_minutes: Deadline = Field(default_factory=int)
    cancellation_deadline_minutes: Deadline = Field(default_factory=int)
    promotion_deadline_minutes: Deadline = Field(default_factory=int)
    promotion_grace_minutes: Grace = Field(default_factory=int)
    waitlist_limit: WaitlistLimit = None


class SessionPlanBody(PlanBody):
    """A session to put into the schedule."""

    starts_at_local: LocalTime = Field(description="The start on the studio's clocks.")


class PlanConflict(Answer):
    """A session that is where the planned one would be."""

    session: Named
    space_name: str
    trainer_name: str
    starts_at: Instant
    ends_at: Instant
    reasons: list[Reason] = Field(description="`space_taken`, `trainer_taken` or both.")
    blocks: bool = Field(description="Whether both cannot be; false for an imported session, which may overlap.")
    path: str = Field(description="The other session's page.")

    @classmethod
    def of(cls, found: Conflict) -> "PlanConflict":
        """Return the conflict as staff see it."""
        return cls(**conflict_values(found))


def conflict_values(found: Conflict) -> dict[str, Any]:
    """Return what is shown of a conflict, of one session or of a series."""
    return {
        "session": Named(id=found.id, name=found.name),
        "space_name": found.space,
        "trainer_name": found.trainer,
        "starts_at": found.starts_at,
        "ends_at": found.starts_at + timedelta(minutes=found.lasts_minutes),
        "reasons": Reason.all_of(found.reasons),
        "blocks": found.blocks,
        "path": f"/sessions/{found.id}",
    }


class SessionPreview(Answer):
    """What the session would be, and what is in its way."""

    starts_at: Instant
    ends_at: Instant
    time_zone: str
    lasts_minutes: int
    capacity: int
    conflicts: list[PlanConflict]
