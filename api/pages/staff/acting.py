"""What the pages on which staff change something of a session share: the way from a form to its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Response, request

from api.models.commands import Command, CommandHeaders
from api.models.sessions import Session
from api.models.what_if import DryRun, WhatIf
from api.pages.commands import told_command
from api.pages.queries import checked
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import new_key
from api.problems import ProblemError

WAIT = "wait=10"

Give = Callable[[DryRun, CommandHeaders], tuple[Command, int, dict[str, str]] | WhatIf]
"""An operation with everything but how it is to be taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change about to be confirmed: what it is, and the fields that its form carries along."""

    what: str
    fields: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    pays_back: bool = False
    """Whether staff choose if the pass gets a session back."""


def confirm_page(session: Session, step: Step, **shown: Any) -> Response:
    """Return the page that asks for the reason and for a last yes; its key makes the form count once."""
    return framed_page(
        "staff/act.html",
        session=session,
        step=step,
        tz=session.time_zone,
        key=new_key(),
        action=request.path,
        **shown,
    )


def look_at(give: Give) -> WhatIf:
    """Return what would happen at this moment."""
    seen = give(DryRun(dry_run=True), CommandHeaders(idempotency_key=None, prefer=None))
    assert isinstance(seen, WhatIf)  # noqa: S101 - a dry run is answered with nothing else
    return seen


def carry_out(session_id: UUID, fields: Mapping[str, str], give: Give) -> Response:
    """Hand the command in, once for each form, wait for its outcome, and go to the roster, which says it."""
    headers = checked(CommandHeaders, {"idempotency_key": fields.get("key", ""), "prefer": WAIT})
    try:
        given = give(DryRun(dry_run=False), headers)
        assert not isinstance(given, WhatIf)  # noqa: S101 - that is only answered to a dry run
        command_id = str(given[0].id)
    except ProblemError as problem:
        told = told_command(problem)
        if told is None:
            raise
        command_id = told
    return see_other(f"/staff/sessions/{session_id}?command={command_id}")


def whole_number(text: str | None) -> object:
    """Return what a form's field says as a number; what is none is left for the model to name."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else text  # noqa: PLR2004
