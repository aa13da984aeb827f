"""The inbox in the app: what a member was told, and how much of it is unread."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from structlog import get_logger

from api.kinds import OpenKind, kind_words
from api.language import language
from api.models.common import Answer, Input, Instant, NextCursor
from api.models.sessions import Session
from storage.queries.notifications import UNREAD_COUNTED_MAX
from storage.told import ToldNotice
from workers.messages import MessageError, words_for

IDS_MAX = 200
_BY_LANGUAGE = ", in German where `Accept-Language` prefers it, else in English"

log = get_logger()


class Notification(Answer):
    """Something I was told."""

    id: int
    kind: OpenKind
    title: str = Field(description=f"What it says, in a few words{_BY_LANGUAGE}.")
    text: str = Field(
        description=f"What it says in full{_BY_LANGUAGE}: plain text, paragraphs separated by an empty line."
    )
    created_at: Instant
    read_at: Instant | None = Field(description="Null while it is unread.")
    booking_id: UUID | None
    pass_id: UUID | None = Field(description="The pass that it is about; null if it is about none.")
    session: Session | None = Field(description="The session of the booking, as it stands now.")
    details: dict[str, Any] = Field(description="What the text says beside booking, session and pass, by its kind.")

    @classmethod
    def of(cls, told: ToldNotice) -> "Notification":
        """Return the notice in the language of this request; one that cannot be worded says what its kind does."""
        title, text = _words(told)
        return cls(
            id=told.id,
            kind=told.kind,
            title=title,
            text=text,
            created_at=told.created_at,
            read_at=told.read_at,
            booking_id=told.booking_id,
            pass_id=told.pass_id,
            session=None if told.booking is None else Session.of(told.booking.session),
            details=told.details,
        )


def _words(told: ToldNotice) -> tuple[str, str]:
    try:
        words = words_for(told, language=language())
    except MessageError as error:
        log.warning("notification cannot be worded", notice_id=told.id, kind=told.kind, error=str(error))
        plain = kind_words(told.kind)
        return plain.title, plain.description
    return words.headline, "\n\n".join(words.paragraphs)


_UNREAD = f"How many are unread, counted up to {UNREAD_COUNTED_MAX}: a client may show that many as “99+”."


class NotificationsPage(Answer):
    """My notifications, newest first."""

    items: list[Notification]
    next_cursor: NextCursor
    unread: int = Field(description=_UNREAD)


class Unread(Answer):
    """How much of my inbox is unread."""

    unread: int = Field(description=_UNREAD)


NoticeId = Annotated[int, Field(strict=True, ge=1, lt=2**63)]


def _either(schema: dict[str, Any]) -> None:
    """Say in the schema what the validator below sees to."""
    for about in schema["properties"].values():
        about.pop("default", None)
    schema["oneOf"] = [{"required": [name]} for name in schema["properties"]]


class ReadBody(Input):
    """Which notifications I have read: all up to one, or some by their ids. Exactly one of the two."""

    model_config = ConfigDict(json_schema_extra=_either)

    up_to: NoticeId = Field(0, description="This one and all with lower ids.")
    ids: list[NoticeId] = Field([], max_length=IDS_MAX, description="These; ids that are not yours are passed over.")

    @model_validator(mode="after")
    def _one_of_two(self) -> "ReadBody":
        if len(self.model_fields_set) != 1:
            raise ValueError("Send either `up_to` or `ids`, and not both")
        return self
