"""Whether the server is alive and ready."""

from typing import Literal

from api.models.common import Answer


class Alive(Answer):
    """The process answers."""

    status: Literal["live"]


class Ready(Answer):
    """Every server that Seatline needs answers."""

    status: Literal["ready"]
