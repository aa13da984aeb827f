"""The mails of the local stack, on a page: only where the folder provider serves e-mail, else nothing is here."""

from pathlib import Path

from apiflask import APIBlueprint
from flask import Response

from api.kinds import kind_words
from api.mails import LISTED_MAX, find_mail, list_mails, raw_mail
from api.pages.rendering import page
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services

# A mail is shown in a frame that may do nothing; even opened by itself it runs nothing and loads nothing.
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_NOTHING_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"

routes = APIBlueprint("mail", __name__, enable_openapi=False)


@routes.get("/mail")
def list_of_mails() -> Response:
    """Show the newest mails."""
    mails = list_mails(_folder(), services().settings)
    return page("mails.html", mails=mails, kind_words=kind_words, most=LISTED_MAX)


@routes.get("/mail/<name>")
def mail(name: str) -> Response:
    """Show one mail with all its parts."""
    found = find_mail(_folder(), name)
    if found is None:
        raise ProblemError(ProblemCode.NOT_FOUND)
    return page("mail.html", mail=found, name=name)


@routes.get("/mail/<name>/html")
def mail_html(name: str) -> Response:
    """Show the HTML part alone, for the frame."""
    found = find_mail(_folder(), name)
    if found is None or found.html is None:
        raise ProblemError(ProblemCode.NOT_FOUND)
    headers = {"Content-Security-Policy": _MAIL_POLICY}
    return Response(found.html, 200, headers, content_type="text/html; charset=utf-8")


@routes.get("/mail/<name>/raw")
def mail_raw(name: str) -> Response:
    """Hand out the file, for a mail program."""
    raw = raw_mail(_folder(), name)
    if raw is None:
        raise ProblemError(ProblemCode.NOT_FOUND)
    headers = {
        "Content-Security-Policy": _NOTHING_POLICY,
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(raw, 200, headers, content_type="message/rfc822")


def _folder() -> Path:
    settings = services().settings
    if settings.providers["email"] != "folder" or settings.mail_folder is None:
        raise ProblemError(ProblemCode.NOT_FOUND)
    return settings.mail_folder
