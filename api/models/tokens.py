"""Signing in."""

from typing import Literal

from pydantic import Field

from api.models.common import Answer, Input

NO_CONTROL = r"^[^\x00-\x1f\x7f]+$"


class SignInBody(Input):
    """Who signs in. Upper and lower case of the address make no difference."""

    email: str = Field(strict=True, min_length=3, max_length=254, pattern=NO_CONTROL, examples=["nina@example.org"])
    password: str = Field(strict=True, min_length=1, max_length=1024)


class AccessToken(Answer):
    """What to send as `Authorization: Bearer <access_token>`."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="For how many seconds it is valid.")
