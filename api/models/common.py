"""What several resources share."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api import cursors
from api.problems import explained
from domain.refusals import RefusalReason

Instant = Annotated[AwareDatetime, Field(description="An instant in UTC (RFC 3339).")]


class Input(BaseModel):
    """What comes in: a field that is not known is named and refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class NoFields(Input):
    """An empty object; the body may also be left out."""


class Named(Answer):
    """Something with a name."""

    id: UUID
    name: str


class Reason(Answer):
    """Why not: a stable code, and a sentence that says what to do."""

    code: str = Field(examples=["pass_expired"])
    sentence: str

    @classmethod
    def all_of(cls, reasons: tuple[RefusalReason, ...]) -> list["Reason"]:
        """Return each reason with its sentence."""
        return [cls(**reason) for reason in explained(reasons)]


def _instant(value: Any) -> datetime:
    """Read RFC 3339 from a query, where a plain `+` arrives as a space; numbers and dates alone are refused."""
    text = str(value).strip().replace(" ", "+")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.utcoffset() is None or "T" not in text.upper():
        raise ValueError("Write an instant with its offset from UTC, such as 2026-03-05T18:00:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        # Within a day of the ends of time; nothing was or will be scheduled there.
        return instant.replace(tzinfo=UTC)


QueryInstant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-05T18:00:00Z"]}),
]

Cursor = Annotated[
    str,
    Field(pattern=cursors.PATTERN, description="The `next_cursor` of the page before; leave it out for the first."),
]

NextCursor = Annotated[str | None, Field(description="The `cursor` of the next page; null on the last.")]
