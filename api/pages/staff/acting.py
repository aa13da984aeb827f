"""What the pages on which staff change something of a session share: the way from a form to its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel

from api.models.commands import Command, CommandHeaders
from api.models.sessions import Session
from api.models.what_if import DryRun, WhatIf
from api.pages.commands import told_command
from api.pages.interface import v1
from api.pages.queries import checked
from api.pages.rendering import framed_page, see_other
from api.pages.staff.forms import Form, attempt
from api.pages.visitors import new_key
from api.problems import ProblemError

M = TypeVar("M", bound=BaseModel)

WAIT = "wait=10"
_NOT_ASKED_YET = "-"  # in place of the reason, which is asked for last

Give = Callable[[DryRun, CommandHeaders], tuple[Command, int, dict[str, str]] | WhatIf]
"""An operation with everything but how it is to be taken."""


def giving(operation: Callable[..., Any], id_: UUID) -> Callable[[Any], Give]:
    """Return what takes the body of an operation on a session or booking, and leaves open how it is to be taken."""
    return lambda body: (
        lambda dry_run, headers: v1(operation)(id_, json_data=body, query_data=dry_run, headers_data=headers)
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A change about to be confirmed: what it is, and the fields that its form carries along."""

    what: str
    fields: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    pays_back: bool = False
    """Whether staff choose if the pass gets a session back."""


def step_page(session: Session, step: Step, form: Form, **shown: Any) -> Response:
    """Return the page of a step, with the form as it is filled in."""
    return framed_page(
        "staff/act.html",
        status=form.status,
        session=session,
        step=step,
        form=form,
        tz=session.time_zone,
        action=request.path,
        **shown,
    )


def first_form() -> Form:
    """Return the form that asks for the reason and for a last yes; its key makes it count once."""
    return Form({"key": new_key()})


def look_at(model: type[M], values: Mapping[str, Any], giving: Callable[[M], Give]) -> WhatIf | Form:
    """Return what would happen at this moment, or the form that asked for it with what is wrong."""

    def look(body: M) -> WhatIf:
        seen = giving(body)(DryRun(dry_run=True), CommandHeaders(idempotency_key=None, prefer=None))
        assert isinstance(seen, WhatIf)  # noqa: S101 - a dry run is answered with nothing else
        return seen

    return attempt(model, {**values, "why": _NOT_ASKED_YET}, look, filled=values)


def carry_out(
    session_id: UUID, fields: Mapping[str, str], model: type[M], values: Mapping[str, Any], giving: Callable[[M], Give]
) -> Response | Form:
    """Hand the command in, once for each form, wait for its outcome, and go to the roster, which says it.

    A form that is not filled in as it must be is returned with what is wrong; nothing was handed in then.
    """
    headers = checked(CommandHeaders, {"idempotency_key": fields.get("key", ""), "prefer": WAIT})
    given = attempt(model, values, lambda body: _command_of(giving(body), headers), filled=fields)
    return given if isinstance(given, Form) else see_other(f"/staff/sessions/{session_id}?command={given}")


def _command_of(give: Give, headers: CommandHeaders) -> str:
    try:
        given = give(DryRun(dry_run=False), headers)
    except ProblemError as problem:
        told = told_command(problem)
        if told is None:
            raise
        return told
    assert not isinstance(given, WhatIf)  # noqa: S101 - that is only answered to a dry run
    return str(given[0].id)
