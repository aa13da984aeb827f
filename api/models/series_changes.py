"""Changing the rest of a series."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from api.language import N_, gettext
from api.models.common import Answer, Input
from api.models.planning import PlanConflict
from api.models.staff_catalogue import Capacity, Length, Why
from api.models.wall_times import Day, WallTime

CHANGEABLE = ("capacity", "trainer_id", "space_id", "lasts_minutes", "time")


class RestBody(Input):
    """Which sessions of a series are meant."""

    from_on: Day = Field(description="The first day, by the studio's clocks.")
    overridden: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Also those that were changed on their own."
    )
    why: Why = ""


class SeriesChangeBody(RestBody):
    """What shall be otherwise from a day on; what is left out stays as it is."""

    capacity: Capacity | None = None
    trainer_id: UUID | None = None
    space_id: UUID | None = None
    lasts_minutes: Length | None = None
    time: WallTime | None = Field(None, description="For a series with one time of the day.")

    @model_validator(mode="after")
    def _changes_something(self) -> "SeriesChangeBody":
        if all(getattr(self, name) is None for name in CHANGEABLE):
            raise ValueError(gettext(N_("Nothing is to change; fill in what shall be otherwise")))
        return self


class SeriesChanged(Answer):
    """What is asked of the sessions; each decides in its own line, where one may be refused and stays as it is."""

    sessions: int = Field(description="How many sessions are asked to change.")
    left_alone: int = Field(description="How many were left alone, because they were changed on their own.")
    conflicts: list[PlanConflict] = Field(description="What is in the way of them now; at most 200.")
