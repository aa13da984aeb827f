"""What the studio's office sees."""

from typing import Any
from uuid import UUID

from pydantic import Field

from api.models.common import Answer, Cursor, Input, Instant, Named, NextCursor
from domain.staff_changes import ChangeKind, Subject
from storage.queries import staff_changes


class StaffEventsQuery(Input):
    """Where to go on."""

    after: int = Field(0, ge=0, lt=2**63, description="The `last` of the answer before; 0 to begin with the first.")
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class StaffChangesQuery(Input):
    """Which changes are wanted."""

    subject_id: UUID | None = Field(None, description="Only those of this member, pass, training or other thing.")
    member_id: UUID | None = Field(None, description="Only those of this member and of their passes.")
    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class NotedChange(Answer):
    """Something that staff changed."""

    id: int
    changed_at: Instant
    actor: Named = Field(description="Who changed it.")
    kind: ChangeKind
    subject: Subject = Field(description="What kind of thing was changed.")
    subject_id: UUID
    subject_name: str | None = Field(description="What the thing is called now; null where it has no name.")
    why: str
    before: dict[str, Any] = Field(description="The values that were changed, as they were.")
    after: dict[str, Any] = Field(description="The values as they are since.")

    @classmethod
    def of(cls, noted: staff_changes.NotedChange) -> "NotedChange":
        """Return the change as it was noted."""
        return cls(
            id=noted.id,
            changed_at=noted.changed_at,
            actor=Named(id=noted.actor_id, name=noted.actor_name),
            kind=ChangeKind(noted.kind),
            subject=Subject(noted.subject),
            subject_id=noted.subject_id,
            subject_name=noted.subject_name,
            why=noted.why,
            before=noted.before,
            after=noted.after,
        )


class StaffChanges(Answer):
    """What staff changed, newest first."""

    items: list[NotedChange]
    next_cursor: NextCursor


class StaffEvents(Answer):
    """Events in the order of their numbers, which have no gaps."""

    items: list[dict[str, Any]] = Field(description="Each has the same fields as the body of a webhook.")
    last: int = Field(description="The number to go on after.")
    more: bool = Field(description="Whether there are more already.")
