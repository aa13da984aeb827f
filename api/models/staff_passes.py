"""Types of passes, and passes of members, as staff see and change them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr, model_validator

from api.language import N_, gettext
from api.models.common import Answer, Cursor, Input, Named, NextCursor
from api.models.me import PassWithLedger
from api.models.staff_members import Why
from storage.queries.staff_passes import StaffPassType
from workers.passes import DAYS_MAX, SESSIONS_MAX

TYPE_NAME_CHARACTERS_MAX = 100
DESCRIPTION_CHARACTERS_MAX = 500
PRICE_CHARACTERS_MAX = 50
TRAININGS_MAX = 100
_ANY_LINE = r"^[^\x00-\x1f\x7f]*$"

TypeName = Annotated[
    StrictStr,
    Field(min_length=1, max_length=TYPE_NAME_CHARACTERS_MAX, pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*\S)?$"),
]
Description = Annotated[StrictStr, Field(max_length=DESCRIPTION_CHARACTERS_MAX, pattern=_ANY_LINE)]
Price = Annotated[
    StrictStr,
    Field(
        max_length=PRICE_CHARACTERS_MAX,
        pattern=_ANY_LINE,
        description="In words, for information: nothing is charged.",
        examples=["120 EUR"],
    ),
]
Sessions = Annotated[StrictInt, Field(ge=1, le=SESSIONS_MAX)]
Days = Annotated[StrictInt, Field(ge=1, le=DAYS_MAX)]
TrainingIds = Annotated[list[UUID], Field(min_length=1, max_length=TRAININGS_MAX)]

_SESSIONS = "How many sessions it pays for; null is unlimited."
_DAYS = "For how many days after that of granting it is good; null is for ever."
_TRAININGS = "The trainings it pays for; null is all of them."


class PassTypesQuery(Input):
    """Which types are wanted."""

    offered: bool | None = Field(None, description="Only those that are offered, or that are not.")
    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class PassType(Answer):
    """A type of pass, with the terms new passes are granted on."""

    id: UUID
    name: str
    description: str
    price: str
    sessions: int | None = Field(description=_SESSIONS)
    days: int | None = Field(description=_DAYS)
    trainings: list[Named] | None = Field(description=_TRAININGS)
    offered: bool = Field(description="Whether it is granted on these terms, and members may ask for it.")
    sold: int = Field(description="How many passes of it there are.")

    @classmethod
    def of(cls, found: StaffPassType) -> "PassType":
        """Return the type."""
        terms, trainings = found.terms, None
        if terms.training_ids is not None:
            trainings = [Named(id=id_, name=name) for id_, name in found.trainings]
        return cls(
            id=found.id,
            name=terms.name,
            description=terms.description,
            price=terms.price,
            sessions=terms.sessions,
            days=terms.days,
            trainings=trainings,
            offered=terms.offered,
            sold=found.sold,
        )


class PassTypes(Answer):
    """Types of passes."""

    items: list[PassType]
    next_cursor: NextCursor


class NewPassTypeBody(Input):
    """What the type says."""

    name: TypeName
    description: Description = ""
    price: Price = ""
    sessions: Sessions | None = Field(description=_SESSIONS)
    days: Days | None = Field(description=_DAYS)
    training_ids: TrainingIds | None = Field(None, description=_TRAININGS)
    offered: bool = Field(default=True, strict=True)


class ChangePassTypeBody(Input):
    """What changes; what is left out stays. Passes that were granted keep what they have, unless `granted`."""

    name: TypeName | None = None
    description: Description | None = None
    price: Price | None = None
    sessions: Sessions | None = Field(None, description=_SESSIONS)
    days: Days | None = Field(None, description=_DAYS)
    training_ids: TrainingIds | None = Field(None, description=_TRAININGS)
    offered: bool | None = Field(None, strict=True)
    granted: bool = Field(
        default=False,
        strict=True,
        description=(
            "Whether passes that were granted already get the name and the trainings of the type, too. Their sessions"
            " and their end stay: top up or extend a pass for these."
        ),
    )
    why: Why


class PassTypeReach(Answer):
    """Whom a change with `granted` would concern at this moment."""

    passes: int = Field(description="How many passes would pay for other trainings than now.")
    told: int = Field(description="How many of them are good, so that their members would be told.")
    waiting: int = Field(
        description="How many bookings in line their pass would pay no more; they would be passed over."
    )


class PassTerms(Input):
    """For how many sessions and days a pass is granted; nothing of both for the terms of its type."""

    sessions: Sessions | None = Field(None, description=f"{_SESSIONS} Given together with `days`, or left out with it.")
    days: Days | None = Field(None, description=_DAYS)

    @model_validator(mode="after")
    def _both_or_neither(self) -> "PassTerms":
        if len({"sessions", "days"} & self.model_fields_set) == 1:
            raise ValueError(gettext(N_("Send `sessions` and `days` together, or neither for the terms of the type")))
        return self

    @property
    def terms(self) -> tuple[int | None, int | None] | None:
        """Sessions and days, None for those of the type."""
        return (self.sessions, self.days) if "days" in self.model_fields_set else None


class GrantPassBody(PassTerms):
    """Which pass the member gets: on the terms of its type, or on others."""

    pass_type_id: UUID
    why: Why


class ExtendPassBody(Input):
    """What is added; at least one of the two."""

    sessions: Sessions | None = None
    days: Days | None = Field(None, description="Added to the day it expires on, or to today if it has expired.")
    why: Why

    @model_validator(mode="after")
    def _something(self) -> "ExtendPassBody":
        if self.sessions is None and self.days is None:
            raise ValueError(gettext(N_("Say how many sessions, how many days, or both")))
        return self


class KeyHeaders(Answer):
    """What makes a change one, however often it is sent."""

    idempotency_key: str | None = Field(
        None,
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="Any text of yours without spaces, new for each change. Sent again with the same key the pass is "
        "answered as it stands, and nothing is done twice.",
    )


class StaffPass(PassWithLedger):
    """A pass with whose it is."""

    member: Named
