"""A member's own sign-in."""

from typing import Annotated

from pydantic import Field

from api.models.common import Input

PASSWORD_CHARACTERS_MIN = 10
PASSWORD_CHARACTERS_MAX = 1024

NewPassword = Annotated[
    str,
    Field(strict=True, min_length=PASSWORD_CHARACTERS_MIN, max_length=PASSWORD_CHARACTERS_MAX, description="Any text."),
]


class PasswordBody(Input):
    """The password as it is, and as it shall be."""

    current_password: str = Field(strict=True, min_length=1, max_length=PASSWORD_CHARACTERS_MAX)
    new_password: NewPassword
