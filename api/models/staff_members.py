"""Members as staff see and change them."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StrictStr

from api.language import N_, gettext
from api.models.common import Answer, Cursor, Input, Instant, NextCursor
from api.models.tokens import NO_CONTROL
from domain.members import MemberStatus
from domain.roles import Role
from storage.queries import staff_members
from storage.staff_changes import WHY_CHARACTERS_MAX
from workers.members import EMAIL_CHARACTERS_MAX, NAME_CHARACTERS_MAX, checked_email, checked_name

SEARCH_CHARACTERS_MAX = 100

Why = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=WHY_CHARACTERS_MAX,
        pattern=NO_CONTROL,
        description="Why, in your words: it is kept with the change.",
        examples=["asked for it at the desk"],
    ),
]


def _name(text: str) -> str:
    try:
        return checked_name(text)
    except ValueError:
        said = gettext(N_("Write a name of 1 to %(number)s characters, without line breaks"))
        raise ValueError(said % {"number": NAME_CHARACTERS_MAX}) from None


MemberName = Annotated[
    StrictStr, AfterValidator(_name), Field(max_length=NAME_CHARACTERS_MAX, examples=["Maxim Bondar"])
]
MemberEmail = Annotated[
    StrictStr, AfterValidator(checked_email), Field(max_length=EMAIL_CHARACTERS_MAX, examples=["maxim@example.org"])
]


class StaffMembersQuery(Input):
    """Which members are wanted."""

    search: str = Field(
        "",
        max_length=SEARCH_CHARACTERS_MAX,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Words; each is part of the name or of the e-mail address.",
        examples=["bond maxim"],
    )
    role: Role | None = Field(None, description="Only those with this role.")
    status: MemberStatus | None = Field(None, description="Only these; without it all who are not removed.")
    cursor: Cursor | None = None
    limit: int | None = Field(None, ge=1, description="How many at most; never more than the server's page size.")


class StaffMember(Answer):
    """A member as staff see them."""

    id: UUID
    name: str
    email: str | None = Field(description="Null for a member who was removed, and for a guest who gave none.")
    role: Role
    status: MemberStatus
    guest: bool = Field(description="Whether they are on sessions by name, without an account.")
    has_password: bool = Field(description="Whether they ever chose one.")
    invited_until: Instant | None = Field(description="Until when their invitation holds; null without an open one.")
    created_at: Instant
    suspended_at: Instant | None
    removed_at: Instant | None

    @classmethod
    def of(cls, found: staff_members.StaffMember) -> "StaffMember":
        """Return the member."""
        return cls(
            id=found.id,
            name=found.name,
            email=found.email,
            role=found.role,
            status=found.status,
            guest=found.guest,
            has_password=found.has_password,
            invited_until=found.invited_until,
            created_at=found.created_at,
            suspended_at=found.suspended_at,
            removed_at=found.removed_at,
        )


class StaffMembers(Answer):
    """Members in order of their names."""

    items: list[StaffMember]
    next_cursor: NextCursor


class NewMemberBody(Input):
    """Who joins."""

    name: MemberName
    email: MemberEmail
    invite: bool = Field(default=True, strict=True, description="Whether a link to a password is mailed at once.")


class RoleBody(Input):
    """Which role the member has from now on."""

    role: Role
    why: Why


class WhyBody(Input):
    """Why it is done."""

    why: Why


class EditMemberBody(Input):
    """What changes; what is left out stays."""

    name: MemberName | None = None
    email: MemberEmail | None = None
    why: Why
