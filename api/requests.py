"""Reading a request: strict JSON, and the one preference Seatline knows (RFC 7240)."""

import json
import re
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from api.problem_kinds import ProblemCode
from api.problems import ProblemError

_WAIT = re.compile(r"""wait\s*=\s*"?(\d{1,9})"?""", re.IGNORECASE)


class Arguments(ImmutableMultiDict[str, str]):
    """The query's arguments; one that is there several times is a list, for its model to accept or refuse."""

    def to_dict(self, flat: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return each argument, as a list where there are several of the same name."""
        values = super().to_dict(flat=False)
        return {name: several[0] if flat and len(several) == 1 else several for name, several in values.items()}


class JsonRequest(Request):
    """A request whose body is one JSON object, or nothing at all."""

    parameter_storage_class = Arguments

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
