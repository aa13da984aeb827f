"""Cursors: where a page of a list ended, as opaque text. They hold nothing secret and are checked when they return."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from api.problem_codes import ProblemCode
from api.problems import ProblemError

T = TypeVar("T")

PATTERN = r"^[A-Za-z0-9_-]{1,200}$"


def place_cursor(at: datetime, id_: UUID) -> str:
    """Return the cursor of a list ordered by instant and id."""
    return _encode([at.astimezone(UTC).isoformat(), str(id_)])


def id_cursor(id_: UUID | int) -> str:
    """Return the cursor of a list ordered by id."""
    return _encode([id_ if isinstance(id_, int) else str(id_)])


def read_place(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return where to go on; a cursor that no answer held ends the request with a problem."""
    if cursor is None:
        return None
    try:
        at, id_ = _decode(cursor)
        place = datetime.fromisoformat(at), UUID(id_)
        if place[0].utcoffset() is None:
            raise _wrong()
    except (ValueError, TypeError, AttributeError):
        raise _wrong() from None
    return place


def read_uuid(cursor: str | None) -> UUID | None:
    """Return the id to go on from; a cursor that no answer held ends the request with a problem."""
    if cursor is None:
        return None
    try:
        (id_,) = _decode(cursor)
        return UUID(id_)
    except (ValueError, TypeError, AttributeError):
        raise _wrong() from None


def read_number(cursor: str | None) -> int | None:
    """Return the number to go on from; a cursor that no answer held ends the request with a problem."""
    if cursor is None:
        return None
    try:
        (number,) = _decode(cursor)
    except (ValueError, TypeError):
        raise _wrong() from None
    # JSON's true is an int to Python, and no number to the database.
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise _wrong()
    return number


def page_of(found: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Return the page of a list of which one entry more was asked for, and the cursor of the next; None on the last."""
    page = list(found[:limit])
    return page, cursor_of(page[-1]) if len(found) > limit else None


def _encode(parts: list[str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _decode(cursor: str) -> list[str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    parts: list[str] = json.loads(base64.urlsafe_b64decode(padded))
    if not isinstance(parts, list):
        raise ValueError("not a list")  # noqa: TRY004 - a wrong value, to be told as one
    return parts


def _wrong() -> ProblemError:
    sentence = "This is not a cursor of this list; use the `next_cursor` of its last page, or leave it out."
    return ProblemError(ProblemCode.INVALID_INPUT, errors={"cursor": sentence})
