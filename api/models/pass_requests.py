"""Requests for passes: what is offered, what a member asked for, what staff answered."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.models.common import Answer, Input, Instant, Named, NextCursor
from api.models.staff_passes import PassTerms
from domain.pass_requests import RequestStatus
from storage.pass_requests import MESSAGE_CHARACTERS_MAX
from storage.queries import pass_requests
from storage.queries.staff_passes import StaffPassType
from storage.staff_changes import WHY_CHARACTERS_MAX

_NO_NUL = r"^[^\x00]*$"


class OfferedPassType(Answer):
    """A type of pass that members may ask for."""

    id: UUID
    name: str
    description: str
    price: str = Field(description="In words, for information: nothing is charged.")
    sessions: int | None = Field(description="How many sessions it pays for; null is unlimited.")
    days: int | None = Field(description="For how many days after that of granting it is good; null is for ever.")
    trainings: list[str] | None = Field(description="The trainings it pays for, by name; null is all.")

    @classmethod
    def of(cls, found: StaffPassType) -> "OfferedPassType":
        """Return the type as members see it."""
        terms = found.terms
        return cls(
            id=found.id,
            name=terms.name,
            description=terms.description,
            price=terms.price,
            sessions=terms.sessions,
            days=terms.days,
            trainings=None if terms.training_ids is None else [name for _, name in found.trainings],
        )


class OfferedPassTypes(Answer):
    """Types of passes that are offered."""

    items: list[OfferedPassType]
    next_cursor: NextCursor


class AskForPassBody(Input):
    """Which pass is wanted."""

    pass_type_id: UUID = Field(description="One of /v1/pass-types.")
    message: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=MESSAGE_CHARACTERS_MAX, pattern=_NO_NUL)
    ] = Field("", description="What the studio should know.", examples=["from Monday on, please"])


class PassRequest(Answer):
    """A request for a pass and what became of it."""

    id: UUID
    pass_type: Named
    message: str
    asked_at: Instant
    status: RequestStatus = Field(description="`open` until it becomes one of the others, for good.")
    answered_at: Instant | None = Field(description="When it was granted, declined or withdrawn.")
    reason: str = Field(description="Why it was declined; empty else.")
    pass_id: UUID | None = Field(description="The pass that was granted.")

    @classmethod
    def of(cls, found: pass_requests.PassRequest) -> "PassRequest":
        """Return the request as its member sees it."""
        return cls(
            id=found.id,
            pass_type=Named(id=found.pass_type_id, name=found.type_name),
            message=found.message,
            asked_at=found.asked_at,
            status=found.status,
            answered_at=found.answered_at,
            reason=found.reason,
            pass_id=found.pass_id,
        )


class PassRequests(Answer):
    """My requests, newest first."""

    items: list[PassRequest]
    next_cursor: NextCursor


class StaffPassRequest(PassRequest):
    """A request with whose it is and who answered it."""

    member: Named
    answered_by: str | None = Field(description="Who of the staff granted or declined it.")

    @classmethod
    def of_found(cls, found: pass_requests.PassRequest) -> "StaffPassRequest":
        """Return the request as staff see it."""
        mine = PassRequest.of(found)
        member = Named(id=found.member_id, name=found.member_name)
        return cls(**dict(mine), member=member, answered_by=found.answered_by)


class StaffPassRequests(Answer):
    """Requests that wait for an answer, longest first."""

    items: list[StaffPassRequest]
    next_cursor: NextCursor
    open: int = Field(description="How many wait in all.")


class GrantRequestBody(PassTerms):
    """On which terms: those of the type as it is now, or others."""

    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=WHY_CHARACTERS_MAX, pattern=_NO_NUL)] = (
        Field("", description="Why, in your words; kept with the change, for the team alone.")
    )


class DeclineRequestBody(Input):
    """Why the pass is not granted."""

    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WHY_CHARACTERS_MAX, pattern=_NO_NUL)
    ] = Field(description="Why, in your words; told to the member.", examples=["The course is full until May."])
