"""Reading a request: strict JSON, and the one preference Seatline knows (RFC 7240)."""

import json
import re
import time
from collections.abc import Callable
from functools import cached_property
from typing import IO, Any, cast

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from api.event_loop import gevent
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services

_WAIT = re.compile(r"""wait\s*=\s*"?(\d{1,9})"?""", re.IGNORECASE)


class Arguments(ImmutableMultiDict[str, str]):
    """The query's arguments; one that is there several times is a list, for its model to accept or refuse."""

    def to_dict(self, flat: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return each argument, as a list where there are several of the same name."""
        values = super().to_dict(flat=False)
        return {name: several[0] if flat and len(several) == 1 else several for name, several in values.items()}


class BodyInTime:
    """A body of which everything is read within so many seconds of the first reading; later it ends the request.

    Only a gevent worker can be interrupted; elsewhere reading takes as long as it takes.
    """

    def __init__(self, body: IO[bytes], seconds: float) -> None:
        self._body, self._seconds, self._ends_at = body, seconds, 0.0

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all that are left."""
        return self._in_time(lambda: self._body.read(size))

    def readline(self, size: int | None = -1) -> bytes:
        """Return the next line."""
        return self._in_time(lambda: self._body.readline(-1 if size is None else size))

    def _in_time(self, read: Callable[[], bytes]) -> bytes:
        loop = gevent()
        if loop is None:
            return read()
        now = time.monotonic()
        self._ends_at = self._ends_at or now + self._seconds
        late = ProblemError(ProblemCode.BAD_REQUEST, f"The body did not come within {self._seconds} s; send it again.")
        with loop.Timeout(max(self._ends_at - now, 0.0), late), services().in_hand.laid_aside():
            return read()


class JsonRequest(Request):
    """A request whose body is one JSON object, or nothing at all."""

    parameter_storage_class = Arguments

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body, which has to come within a time: a client that sends a byte now and then keeps a place for long."""
        return cast("IO[bytes]", BodyInTime(super().stream, services().settings.body_seconds_max))

    def get_json(self, *_: Any, **__: Any) -> Any:
        """Return the body's object, {} for no body; a body that is no JSON object ends the request with a problem.

        More than the app's `MAX_CONTENT_LENGTH` is refused before it is read, or as soon as it has become too long
        when the client did not declare a length.
        """
        body = self.get_data()
        if not body:
            return {}
        if self.content_length is None and len(body) >= (self.max_content_length or len(body) + 1):
            # Without a declared length the body is cut off at the limit, which nobody else would notice.
            raise ProblemError(ProblemCode.BODY_TOO_LARGE)
        if not self.is_json:
            raise ProblemError(ProblemCode.UNSUPPORTED_MEDIA_TYPE)
        try:
            value = json.loads(body.decode(), object_pairs_hook=_once_each, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            detail = f"The body cannot be read as JSON ({why}); send one JSON object in UTF-8."
            raise ProblemError(ProblemCode.INVALID_JSON, detail.encode(errors="replace").decode()) from None
        if not isinstance(value, dict):
            raise ProblemError(
                ProblemCode.INVALID_INPUT, errors={"body": "The body must be a JSON object, in curly brackets."}
            )
        return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a field is there twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def preferred_wait(prefer: str | None, *, seconds_max: int) -> int | None:
    """Return how many seconds to wait for the outcome, at most `seconds_max`; None when nobody asked.

    Preferences that are not known or make no sense are ignored, as RFC 7240 asks; of two the first counts.
    """
    for preference in (prefer or "").split(","):
        if match := _WAIT.fullmatch(preference.partition(";")[0].strip()):
            return min(int(match[1]), seconds_max)
    return None
