"""What staff ask of a session, and whom they may book for."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from api.language import N_, gettext
from api.models.common import Answer, Input, Named, QueryInstant
from api.models.me import PassForSession
from storage.queries.candidates import Candidate as FoundCandidate
from storage.queries.schedule import ScheduledSession
from storage.staff_changes import WHY_CHARACTERS_MAX

CAPACITY_MAX = 100_000
MINUTES_MAX = 1_440
YEAR_MAX = 2_100

Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=WHY_CHARACTERS_MAX, pattern=r"^[^\x00]*$"),
    Field(description="Why, in your words; kept with the command.", examples=["asked by phone"]),
]


def _within_reach(instant: datetime) -> datetime:
    if instant.year > YEAR_MAX:
        raise ValueError(gettext(N_("Choose a time before the end of %(year)s")) % {"year": YEAR_MAX})
    return instant


class BookForMemberBody(Input):
    """For whom, and which of their passes pays."""

    member_id: UUID
    pass_id: UUID = Field(description="One of the member's passes.")
    why: Why


class RemoveBody(Input):
    """Why somebody is taken off, and whether the pass gets the session back."""

    why: Why = Field(description="Why, in your words; told to the member.")
    refund: bool = Field(
        default=True, strict=True, description="Whether the session that was taken for the place goes back to the pass."
    )


class CapacityBody(Input):
    """How many places there are to be."""

    capacity: int = Field(ge=1, le=CAPACITY_MAX, strict=True)
    why: Why


class RescheduleBody(Input):
    """When, how long, with whom and where from now on; all four are the new values."""

    starts_at: Annotated[QueryInstant, AfterValidator(_within_reach)] = Field(
        description="An instant with its offset from UTC."
    )
    lasts_minutes: int = Field(ge=1, le=MINUTES_MAX, strict=True)
    trainer_id: UUID
    space_id: UUID
    why: Why


class ClearBookingsBody(Input):
    """Why everybody is taken off, and whether the passes get their sessions back."""

    why: Why = Field(description="Why, in your words; told to everybody on it.")
    refund: bool = Field(
        default=True, strict=True, description="Whether the sessions that were taken for places go back to the passes."
    )


class CancelSessionBody(Input):
    """Why the session does not take place."""

    why: Why = Field(description="Why, in your words; told to everybody on it.")


class CandidatesQuery(Input):
    """Whom to look for."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100, pattern=r"^[^\x00]*$")] = (
        Field(description="A part of a name or of an e-mail address.")
    )


class Candidate(Answer):
    """A member who may be booked for."""

    member: Named
    email: str | None = Field(description="Null for a guest who gave none.")
    status: Literal["confirmed", "offered", "waitlisted"] | None = Field(
        description="Of their booking, if they are on it already."
    )
    passes: list[PassForSession] = Field(description="At most 20; those that can pay come first.")

    @classmethod
    def of(cls, found: FoundCandidate, session: ScheduledSession) -> "Candidate":
        """Return the member with each pass judged for this session."""
        passes = [PassForSession.of(one, session) for one in found.passes]
        return cls.model_validate(
            {
                "member": Named(id=found.id, name=found.name),
                "email": found.email,
                "status": None if found.status is None else str(found.status),
                "passes": sorted(passes, key=lambda one: not one.usable),
            }
        )


class Candidates(Answer):
    """Members by name."""

    items: list[Candidate]
    more: bool = Field(description="Whether there are others; write more of the name.")
