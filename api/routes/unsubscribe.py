"""Unsubscribing from e-mails by the link in each of them, in one click (RFC 8058) or on a page: nobody signs in.

The token in the address is the right to do it, so neither a cookie nor another secret is asked for. A POST answers
with a page and never redirects, as the RFC asks; whatever it does, doing it twice changes nothing more.
"""

from typing import Any

import psycopg
from apiflask import APIBlueprint
from flask import Response
from structlog import get_logger

from api.kinds import kind_words
from api.models.unsubscribe import UnsubscribeForm
from api.openapi import Access, html_answer, operation
from api.pages.rendering import page
from api.problem_codes import ProblemCode
from api.services import services
from domain.channels import Channel
from domain.notices import NoticeKind
from storage.preferences import MemberPreferences, PreferencesChange, change_preferences, find_preferences
from workers.messages.links import read_unsubscribe

_ANSWERS = {
    200: html_answer("A page that says how it stands"),
    404: html_answer("A page that says that the link does not work"),
    503: html_answer("A page that says to try again: the database does not answer"),
}

log = get_logger()

routes = APIBlueprint("unsubscribe", __name__, tag="Notifications")


@routes.get("/unsubscribe/<token>")
@operation(access=Access.PUBLIC, answers=_ANSWERS)
def ask(token: str) -> Response:
    """Ask before unsubscribing.

    A page with buttons for the POST below. Opening it changes nothing.
    """
    return _answer(token, None)


@routes.post("/unsubscribe/<token>")
@operation(access=Access.PUBLIC, problems=[ProblemCode.INVALID_INPUT, ProblemCode.BODY_TOO_LARGE], answers=_ANSWERS)
@routes.input(UnsubscribeForm, location="form", example={"List-Unsubscribe": "One-Click"})
def unsubscribe(token: str, form_data: UnsubscribeForm) -> Response:
    """Unsubscribe in one click.

    As mail programs do (RFC 8058), by the address in `List-Unsubscribe`: no more e-mails of that mail's kind. The
    token is the right to it, and never expires.
    """
    return _answer(token, form_data)


def _answer(token: str, form: UnsubscribeForm | None) -> Response:
    made = services()
    whom = read_unsubscribe(made.settings, token)
    if whom is None:
        return page("unsubscribe.html", status=404, state="unknown")
    member_id, kind = whom
    try:
        if form is None:
            found = made.ask(lambda db: find_preferences(db, member_id))
        else:
            change = _change(form, kind)
            found = made.ask(lambda db: change_preferences(db, member_id, change))
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        log.warning("unsubscribing is not possible", error=str(error))
        return page("unsubscribe.html", status=503, state="later")
    if found is None:
        return page("unsubscribe.html", status=404, state="unknown")
    return page("unsubscribe.html", state=_state(found, kind, form), **_words(found, kind))


def _change(form: UnsubscribeForm, kind: NoticeKind) -> PreferencesChange:
    if form.undo:
        return PreferencesChange(channels={Channel.EMAIL: True}, kinds={kind: {Channel.EMAIL: True}})
    if form.all_:
        return PreferencesChange(channels={Channel.EMAIL: False})
    return PreferencesChange(kinds={kind: {Channel.EMAIL: False}})


def _state(found: MemberPreferences, kind: NoticeKind, form: UnsubscribeForm | None) -> str:
    if Channel.EMAIL in found.preferences.switched_off:
        return "all_off"
    if not found.preferences.chose(kind, Channel.EMAIL):
        return "off"
    return "asks" if form is None else "on"


def _words(found: MemberPreferences, kind: NoticeKind) -> dict[str, Any]:
    return {"studio_name": found.studio_name, "words": kind_words(kind)}
