"""Sessions as staff plan them, and what stands in their way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import Field

from api.models.common import Answer, Input, Instant, Named, Reason
from api.models.policies import BookingWindow, OfferMinutes, PauseTime, RefundDeadline, UpcomingLimit
from api.models.staff_catalogue import Capacity, Deadline, Grace, Length, WaitlistLimit
from api.models.wall_times import LocalTime
from storage.planning import Conflict


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
    booking_window_minutes: BookingWindow = None
    upcoming_limit: UpcomingLimit = None
    refund_deadline_minutes: RefundDeadline = None
    offer_minutes: OfferMinutes = None
    offer_pause_from: PauseTime = None
    offer_pause_until: PauseTime = None


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
