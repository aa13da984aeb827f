"""Trainings, trainers and spaces as staff see and change them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from api.language import N_, gettext
from api.models.common import Answer, Cursor, Input, NextCursor
from api.models.policies import BookingWindow, OfferMinutes, PauseTime, RefundDeadline, ShownTime, UpcomingLimit
from domain.naming import NAME_CHARACTERS_MAX, NameFault, name_fault, tidied
from storage.queries.staff_catalogue import StaffEntry, StaffTraining
from storage.staff_changes import WHY_CHARACTERS_MAX

DAY_MINUTES = 24 * 60
DEADLINE_MINUTES_MAX = 60 * DAY_MINUTES
CAPACITY_MAX = 1_000
WAITLIST_MAX = 10_000
DESCRIPTION_CHARACTERS_MAX = 2_000
TYPED_CHARACTERS_MAX = 4 * NAME_CHARACTERS_MAX  # before it is tidied

NAME_FAULTS = {
    NameFault.EMPTY: N_("Write a name that can be seen, with a letter or a digit in it"),
    NameFault.TOO_LONG: N_("Shorten the name; it may have 80 characters"),
    NameFault.UNREADABLE: N_("The name holds characters that are not shown or pile up; type it anew, without them"),
}


def _name(text: str) -> str:
    name = tidied(text)
    if fault := name_fault(name):
        raise ValueError(gettext(NAME_FAULTS[fault]))
    return name


def _description(text: str) -> str:
    if any(character in text for character in "\x00\ufffe\uffff"):
        raise ValueError(gettext(N_("The text holds characters that no page can show; leave them out")))
    return text.replace("\r\n", "\n").strip()


CatalogueName = Annotated[
    str,
    Field(strict=True, max_length=TYPED_CHARACTERS_MAX, description="Unique, to be shown to members."),
    AfterValidator(_name),
]
Description = Annotated[
    str,
    Field(strict=True, max_length=DESCRIPTION_CHARACTERS_MAX, description="For members, as plain text."),
    AfterValidator(_description),
]
Why = Annotated[
    str,
    Field(strict=True, max_length=WHY_CHARACTERS_MAX, description="Why, for the list of changes."),
    AfterValidator(_description),
]
Length = Annotated[int, Field(strict=True, ge=1, le=DAY_MINUTES, description="How long it lasts.")]
Capacity = Annotated[int, Field(strict=True, ge=1, le=CAPACITY_MAX, description="How many places it has.")]
Deadline = Annotated[
    int, Field(strict=True, ge=0, le=DEADLINE_MINUTES_MAX, description="How long before the start it closes.")
]
Grace = Annotated[
    int, Field(strict=True, ge=0, le=DAY_MINUTES, description="How long a promoted member may cancel at least.")
]
WaitlistLimit = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=WAITLIST_MAX)] | None,
    Field(description="How many may wait; null is no limit."),
]


class CatalogueQuery(Input):
    """Which entries are wanted."""

    retired: bool | None = Field(None, description="Only those that are retired, or only those that are not.")
    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class EntryBody(Input):
    """A trainer or space to add."""

    name: CatalogueName


class EntryChange(Input):
    """What to change; what is left out stays as it is."""

    name: CatalogueName = Field(default_factory=str)
    retired: Annotated[bool, Field(strict=True)] = Field(
        default_factory=bool, description="Whether it is kept out of new sessions."
    )
    why: Why = ""

    def values(self) -> dict[str, Any]:
        """Return the columns to change with what they shall hold."""
        return self.model_dump(exclude_unset=True, exclude={"why"})


class TrainingBody(EntryBody):
    """A training to add, with what each new session of it begins with. All durations are minutes."""

    description: Description = ""
    lasts_minutes: Length = 60
    capacity: Capacity = 10
    booking_deadline_minutes: Deadline = 60
    cancellation_deadline_minutes: Deadline = 720
    promotion_deadline_minutes: Deadline | None = Field(
        None, description="How long before the start promotion ends; without it as cancelling does."
    )
    promotion_grace_minutes: Grace = 30
    waitlist_limit: WaitlistLimit = None
    booking_window_minutes: BookingWindow = None
    upcoming_limit: UpcomingLimit = None
    refund_deadline_minutes: RefundDeadline = None
    offer_minutes: OfferMinutes = None
    offer_pause_from: PauseTime = None
    offer_pause_until: PauseTime = None

    def values(self) -> dict[str, Any]:
        """Return the columns with what they shall hold."""
        values = self.model_dump()
        if values["promotion_deadline_minutes"] is None:
            values["promotion_deadline_minutes"] = self.cancellation_deadline_minutes
        return values


class TrainingChange(EntryChange):
    """What to change; what is left out stays as it is, and so does every session that exists."""

    description: Description = Field(default_factory=str)
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


class CatalogueEntry(Answer):
    """A trainer or a space."""

    id: UUID
    name: str
    retired: bool = Field(description="Not offered for new sessions any more.")
    coming: int = Field(description="How many sessions of it are still to begin.")

    @classmethod
    def of(cls, found: StaffEntry) -> "CatalogueEntry":
        """Return the entry as staff see it."""
        return cls(id=found.id, name=found.name, retired=found.retired, coming=found.coming)


class CatalogueTraining(CatalogueEntry):
    """A training with what each new session of it begins with. All durations are minutes."""

    description: str
    lasts_minutes: int
    capacity: int
    booking_deadline_minutes: int
    cancellation_deadline_minutes: int
    promotion_deadline_minutes: int
    promotion_grace_minutes: int
    waitlist_limit: int | None
    booking_window_minutes: int | None
    upcoming_limit: int | None
    refund_deadline_minutes: int | None
    offer_minutes: int | None
    offer_pause_from: ShownTime | None
    offer_pause_until: ShownTime | None

    @classmethod
    def of(cls, found: StaffEntry) -> "CatalogueTraining":
        """Return the training as staff see it."""
        assert isinstance(found, StaffTraining)  # noqa: S101 - the shape of its table
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class CataloguePage(Answer):
    """Trainers or spaces, by name."""

    items: list[CatalogueEntry]
    next_cursor: NextCursor


class CatalogueTrainingsPage(Answer):
    """Trainings, by name."""

    items: list[CatalogueTraining]
    next_cursor: NextCursor
