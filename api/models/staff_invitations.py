"""Inviting many people at once."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr

from api.models.common import Answer, Input
from domain.invitations import Invited
from workers.invitation_file import ROWS_MAX

LIST_BYTES_MAX = 256 * 1024
BODY_BYTES_MAX = 2 * LIST_BYTES_MAX  # as JSON, or in a form, it takes more


def _short_enough(text: str) -> str:
    if len(text.encode(errors="replace")) > LIST_BYTES_MAX:
        raise ValueError(f"The list has more than {LIST_BYTES_MAX // 1024} kB; send it in parts.")
    return text


class InviteManyBody(Input):
    """Who is invited, as CSV."""

    csv: Annotated[StrictStr, AfterValidator(_short_enough)] = Field(
        description=f"The first line names the columns `name` and `email`; at most {ROWS_MAX} people follow, one a "
        f"line, in {LIST_BYTES_MAX // 1024} kB. Cells are parted by commas or semicolons.",
        examples=["name,email\nMaxim Bondar,maxim@example.org\n"],
    )


class InvitedPerson(Answer):
    """Somebody on the list."""

    line: int = Field(description="On which line of the list.")
    name: str
    email: str
    outcome: Invited = Field(
        description="`new`: is made a member and invited. `invited`: was a member or guest without a password, and is "
        "invited. `already_invited`, `already_member`: is left alone."
    )


class InvitedPeople(Answer):
    """What became of each, or with `dry_run` what would."""

    items: list[InvitedPerson] = Field(description="In the order of the list.")
    mailed: int = Field(description="How many invitations go out.")
