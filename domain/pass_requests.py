"""A member's request for a pass, and what becomes of it."""

from enum import StrEnum


class RequestStatus(StrEnum):
    """Where a request stands; all but `open` are for good."""

    OPEN = "open"
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class RequestRefusal(StrEnum):
    """Why a request cannot be made, withdrawn or answered."""

    TYPE_NOT_FOUND = "type_not_found"
    OPEN_ALREADY = "open_already"
    NOT_FOUND = "not_found"
    ANSWERED = "answered"


class RequestRefusedError(Exception):
    """The request cannot be made, withdrawn or answered; nothing was changed."""

    def __init__(self, refusal: RequestRefusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal
