"""Inviting many people from a file: choosing it, a look at what would happen, and inviting."""

from flask import Response, request
from pydantic import ValidationError

from api.language import gettext
from api.models.staff_invitations import BODY_BYTES_MAX, LIST_BYTES_MAX, InvitedPeople, InviteManyBody
from api.models.what_if import DryRun
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page
from api.pages.staff.frame import staff_only
from api.pages.visitors import checked_form
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.staff_invitations import invite_many
from domain.roles import Role


@pages.get("/staff/members/invite")
@staff_only(Role.ADMIN)
def show_invite_many() -> Response:
    """Ask for the file."""
    return _page()


@pages.post("/staff/members/invite")
@staff_only(Role.ADMIN)
def do_invite_many() -> Response:
    """Show what the file would do, or do it; a file that is wrong is told line by line, and does nothing."""
    request.max_content_length = BODY_BYTES_MAX
    fields = checked_form()
    given = fields.get("csv")
    text = _text_of_file() if given is None else given
    if text is None:
        return _page(
            errors={"": gettext("Save the file as CSV in UTF-8, which spreadsheets offer, and choose it again.")}
        )
    try:
        body = InviteManyBody(csv=text)
        found = v1(invite_many)(json_data=body, query_data=DryRun(dry_run=given is None))
    except ValidationError:
        most = gettext("The file has more than %(number)s kB; send it in parts.") % {"number": LIST_BYTES_MAX // 1024}
        return _page(errors={"": most})
    except ProblemError as problem:
        if problem.code is not ProblemCode.INVALID_INPUT:
            raise
        return _page(errors=problem.errors)
    return _page(found=found, text=text if given is None else None)


def _text_of_file() -> str | None:
    """Return what is in the file that was sent, which may be none; None for what is no text in UTF-8."""
    file = request.files.get("file")
    try:
        return "" if file is None else file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _page(
    *, errors: dict[str, str] | None = None, found: InvitedPeople | None = None, text: str | None = None
) -> Response:
    return framed_page("staff/invite.html", status=422 if errors else 200, errors=errors or {}, found=found, text=text)
