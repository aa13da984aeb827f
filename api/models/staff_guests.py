"""Guests as staff put them on a session."""

from typing import Annotated

from pydantic import Field, StringConstraints

from api.models.common import Input
from api.models.staff_members import MemberEmail, MemberName
from storage.staff_changes import WHY_CHARACTERS_MAX


class AddGuestBody(Input):
    """Who comes along."""

    name: MemberName
    email: MemberEmail | None = Field(None, description="Where the guest is told of it; null for nowhere.")
    why: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=WHY_CHARACTERS_MAX, pattern=r"^[^\x00]*$")
    ] = Field("", description="Why, in your words; kept with the command.", examples=["a friend of Nina's"])
