"""Forms of the staff's pages: filled in, sent to an operation, and shown again with what is wrong at each field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Response
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.language import N_, gettext
from api.pages.rendering import see_other
from api.problem_codes import ProblemCode
from api.problems import ProblemError

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

WHOLE = "form"
"""The name under which stands what is wrong with a form as a whole."""

_FIELDS = {
    "email": N_("Write an e-mail address that mail can be sent to, such as name@example.org."),
    "pass_type_id": N_("Choose one of the types."),
}
"""Said of these whatever is wrong with them."""
_REFUSALS = {
    ProblemCode.MEMBER_OUT_OF_REACH: N_("Your role does not reach that far; ask an owner to do it."),
    ProblemCode.MEMBER_HAS_PASSWORD: N_("They have a password already, and ask for a new one where they sign in."),
    ProblemCode.MEMBER_WITHOUT_EMAIL: N_("They have no e-mail address to invite them by; add one first."),
    ProblemCode.MEMBER_IS_GUEST: N_("A guest has no account; invite them, and change it once they have a password."),
    ProblemCode.PASS_TYPE_SOLD: N_("Passes were sold under this name. Stop offering this type and make another one."),
    ProblemCode.PASS_TYPE_NOT_FOUND: N_("This type is gone; choose another one."),
    ProblemCode.PASS_UNFIT: N_("The pass does not take this; look at what it still has and until when it is good."),
    ProblemCode.PASS_REQUEST_ANSWERED: N_("The request is answered already; see below how and by whom."),
    ProblemCode.LAST_OWNER: N_("This is the last owner. Make somebody else an owner first."),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is filled in; where it was refused, what is wrong at each field or with the whole.

    `conflicts` are the sessions in the way of what was planned, as a problem carries them.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    conflicts: Sequence[Mapping[str, Any]] = ()
    status: int = 200

    @property
    def refused(self) -> bool:
        """Whether nothing was done."""
        return self.status != 200  # noqa: PLR2004 - what a page is answered with


def refused(filled: Mapping[str, Any], errors: Mapping[str, str]) -> Form:
    """Return the form with what is wrong in it."""
    return Form(filled, errors, status=422)


def attempt(model: type[M], values: Mapping[str, Any], act: Callable[[M], T], *, filled: Mapping[str, Any]) -> T | Form:
    """Hand the values to an operation and return what it does, or the form with what is wrong with it.

    Problems that no form can do anything about are raised again.
    """
    try:
        body = model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return refused(filled, {_name(one): _sentence(one) for one in found})
    try:
        return act(body)
    except ProblemError as problem:
        status = int(problem.kind.status)
        if problem.errors or problem.conflicts:
            return Form(filled, problem.errors, problem.conflicts, status)
        if problem.code in _REFUSALS:
            return Form(filled, {WHOLE: gettext(_REFUSALS[problem.code])}, status=status)
        raise


def number(text: str) -> int | str:
    """Return the typed number; what is none stays as it is, for its model to refuse."""
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 10 else stripped  # noqa: PLR2004


def number_or_none(text: str) -> int | str | None:
    """Return the typed number, None where nothing was typed."""
    return number(text) if text.strip() else None


def done(path: str, what: str) -> Response:
    """Return the way to the page that says that it is done; `what` is a key of the page's `SAVED`."""
    return see_other(f"{path}?saved={what}")


def _name(found: ErrorDetails) -> str:
    return str(found["loc"][0]) if found["loc"] else WHOLE


def _sentence(found: ErrorDetails) -> str:
    about = found.get("ctx", {})
    if _name(found) in _FIELDS:
        return gettext(_FIELDS[_name(found)])
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
