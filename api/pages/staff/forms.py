"""Forms of the staff's pages: filled in, sent to an operation, and shown again with what is wrong at each field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Response
from pydantic import BaseModel, ValidationError

from api.errors import input_problem
from api.language import N_, gettext
from api.pages.rendering import see_other
from api.pages.staff.fields import number
from api.problem_kinds import ProblemCode
from api.problems import ProblemError

M = TypeVar("M", bound=BaseModel)

_FIELDS = {
    "name": N_("Write a name of 1 to 200 characters."),
    "email": N_("Write an e-mail address that mail can be sent to, such as name@example.org."),
    "sessions": N_("Write a whole number from 1 to 10000, or nothing."),
    "days": N_("Write a whole number from 1 to 3650, or nothing."),
    "price": N_("Write at most 50 characters."),
    "description": N_("Write at most 500 characters."),
    "pass_type_id": N_("Choose one of the types."),
    "why": N_("Say why, in up to 500 characters; it is kept with the change."),
}
_FIELD_ELSE = N_("This makes no sense here; change it and send it again.")
_REFUSED_FIELDS = {
    "email": N_("Another member has this e-mail address already."),
    "name": N_("There is a type of this name for these trainings already."),
    "training_ids": N_("One of the trainings is gone; open the page again."),
}
_REFUSALS = {
    ProblemCode.MEMBER_OUT_OF_REACH: N_("Your role does not reach that far; ask an owner to do it."),
    ProblemCode.MEMBER_HAS_PASSWORD: N_("They have a password already, and ask for a new one where they sign in."),
    ProblemCode.PASS_TYPE_SOLD: N_("Passes were sold under this name. Stop offering this type and make another one."),
    ProblemCode.PASS_TYPE_NOT_FOUND: N_("This type is gone; choose another one."),
    ProblemCode.PASS_UNFIT: N_("The pass does not take this; look at what it still has and until when it is good."),
    ProblemCode.LAST_OWNER: N_("This is the last owner. Make somebody else an owner first."),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form was refused: what is wrong at each field, or a sentence about the whole; and what was filled in."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""
    status: int = 422


def attempt(
    model: type[M], values: Mapping[str, Any], act: Callable[[M], object], *, filled: Mapping[str, str]
) -> Wrong | None:
    """Hand the values to an operation; return what is wrong with them, None when it is done.

    Problems that no form can do anything about are raised again.
    """
    try:
        act(model.model_validate(values))
    except ValidationError as error:
        wrong = input_problem(error, "json").errors
        return Wrong(filled, {name: gettext(_FIELDS.get(name, _FIELD_ELSE)) for name in wrong})
    except ProblemError as problem:
        if problem.code is ProblemCode.INVALID_INPUT:
            said = {name: gettext(_REFUSED_FIELDS.get(name, text)) for name, text in problem.errors.items()}
            return Wrong(filled, said)
        if problem.code not in _REFUSALS:
            raise
        return Wrong(filled, sentence=gettext(_REFUSALS[problem.code]), status=int(problem.kind.status))
    return None


def whole_number(text: str) -> int | str | None:
    """Return the number that was typed, None where nothing was; what is no number stays text, to be refused."""
    return number(text) if text.strip() else None


def done(path: str, what: str) -> Response:
    """Return the way to the page that says that it is done; `what` is a key of the page's `SAVED`."""
    return see_other(f"{path}?saved={what}")
