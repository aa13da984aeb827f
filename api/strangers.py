"""What everybody looks at, answered from memory for whoever brings no credentials.

Who is signed in is always answered from the database, so nobody is ever told anything old about a booking of theirs:
docs/adr/0023-strangers-are-answered-from-memory.md.
"""

from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any

from flask import Response, make_response, request

from api.auth import maybe_caller
from api.services import services

View = Callable[..., Any]


def kept_for_strangers(view: View) -> View:
    """Answer who brings no credentials with what was answered there a moment ago; put it directly under `operation`.

    For views whose answer of 200 is JSON and depends on the address alone.
    """

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> Any:
        if maybe_caller() is not None:
            return view(*args, **kwargs)
        kept, address, asked_at = services().kept_answers, request.full_path, monotonic()
        body = kept.find(address)
        if body is None:
            made = make_response(view(*args, **kwargs))
            if made.status_code == 200:  # noqa: PLR2004 - as the docstring says
                kept.keep(address, made.get_data(), asked_at=asked_at)
            return made
        return Response(body, mimetype="application/json")

    return answered
