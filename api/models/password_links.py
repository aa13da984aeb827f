"""Links to a password, for who has none or has forgotten it: asking for one, looking at one, using one."""

from typing import Annotated

from pydantic import Field

from api.models.account import NewPassword
from api.models.common import Answer, Input, Instant
from domain.password_links import LinkPurpose
from storage.password_links import OpenLink

SECRET_CHARACTERS_MAX = 256  # far more than a secret has: whatever is cut off or added is no link, and said to be none
_MAILBOX = r"^[^\x00-\x1f\x7f]+@[^\x00-\x1f\x7f]+$"

Secret = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=SECRET_CHARACTERS_MAX, description="The last part of its address."),
]


class PasswordResetBody(Input):
    """Who has no password, or has forgotten it. Upper and lower case make no difference."""

    email: str = Field(strict=True, min_length=3, max_length=254, pattern=_MAILBOX, examples=["nina@example.org"])


class PasswordResetAsked(Answer):
    """What is said whether or not anybody has this address."""

    expires_in: int = Field(description="For how many seconds a link holds that is sent now.")


class LookAtLinkBody(Input):
    """Which link."""

    secret: Secret


class PasswordLink(Answer):
    """A link that holds, and whose password it sets."""

    purpose: LinkPurpose
    name: str
    email: str
    studio: str
    expires_at: Instant
    time_zone: str = Field(description="The studio's IANA time zone.", examples=["Europe/Berlin"])

    @classmethod
    def of(cls, found: OpenLink) -> "PasswordLink":
        """Return the link."""
        return cls(
            purpose=found.purpose,
            name=found.member_name,
            email=found.email,
            studio=found.studio_name,
            expires_at=found.expires_at,
            time_zone=found.time_zone,
        )


class SetPasswordBody(Input):
    """The link, and the password as it shall be."""

    secret: Secret
    new_password: NewPassword
