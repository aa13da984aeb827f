"""Forms of the staff's pages: what was typed, as the input of an operation, and what is wrong with it in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.language import gettext

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is filled in, with a sentence for each field that is wrong, by its name."""

    values: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)


class FormFaultError(Exception):
    """What was typed makes no input; `errors` has a sentence for each bad field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


def number(text: str) -> int | str:
    """Return the typed number; what is none stays as it is, for its model to refuse."""
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 10 else stripped  # noqa: PLR2004


def read_form(model: type[M], values: Mapping[str, Any]) -> M:
    """Return the values as an operation's input; raises `FormFaultError` in the visitor's language."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise FormFaultError({_name(found): _sentence(found) for found in error.errors(include_url=False)}) from None


def _name(found: ErrorDetails) -> str:
    return str(found["loc"][0]) if found["loc"] else "form"


def _sentence(found: ErrorDetails) -> str:
    about = found.get("ctx", {})
    match found["type"]:
        case "missing" | "string_too_short" | "too_short" | "uuid_parsing" | "uuid_type":
            return gettext("Fill this in.")
        case "string_too_long":
            return gettext("This may have at most %(number)s characters.") % {"number": about["max_length"]}
        case "int_type" | "int_parsing":
            return gettext("Write a whole number.")
        case "greater_than_equal":
            return gettext("Write %(number)s or more.") % {"number": about["ge"]}
        case "less_than_equal":
            return gettext("Write %(number)s or less.") % {"number": about["le"]}
        case "value_error":
            # Raised by our own validators, which have translated it.
            return found["msg"].removeprefix("Value error, ").rstrip(".") + "."
        case _:
            return gettext("This makes no sense here; choose or type it anew.")
