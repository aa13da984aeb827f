"""What a page is asked for in its address or form, as the checked input of the operation behind it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from api.errors import input_problem

M = TypeVar("M", bound=BaseModel)

ON_A_PAGE = 20
"""How many entries a page shows before it says "More"."""


def query_of(model: type[M], *names: str) -> M:
    """Return these arguments of the address as the operation's query, a page's worth; others are passed over.

    What makes no sense ends the request with the problem `invalid_input`.
    """
    arguments = {name: value for name, value in request.args.to_dict().items() if name in names}
    return checked(model, {**arguments, "limit": ON_A_PAGE})


def checked(model: type[M], values: Mapping[str, Any]) -> M:
    """Return the values as an operation's input; bad ones end the request with the problem `invalid_input`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise input_problem(error, "form") from None
