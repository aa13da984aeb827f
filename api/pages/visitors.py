"""Who is at the browser, and proof that a form is one of ours; `api.browser` keeps the cookie.

A form that changes anything carries the form token of the sign-in, and must come from a page of this origin, by what
the browser itself says.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Response, g, redirect, request

from api import browser
from api.auth import Caller
from domain.ids import MemberId
from domain.roles import Role

_KEY_BYTES = 24

View = TypeVar("View", bound=Callable[..., Any])


class FormExpiredError(Exception):
    """The form was made for another sign-in, or by another site; nothing of it was done."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A member at a browser; `form_token` belongs into every form of theirs."""

    member_id: MemberId
    name: str
    role: Role
    form_token: str


def visitor() -> Visitor | None:
    """Return who is signed in with this browser, None when nobody is; asks the database once a request."""
    if "visitor" not in g:
        g.visitor = _find_visitor()
    found: Visitor | None = g.visitor
    return found


def members_only(view: View) -> View:
    """Let members see the page; send others to sign in, and back here afterwards."""

    @wraps(view)
    def let_in(*args: Any, **kwargs: Any) -> Any:
        if visitor() is None:
            return to_sign_in()
        return view(*args, **kwargs)

    return cast("View", let_in)


def to_sign_in() -> Response:
    """Return the way to the sign-in page, and from there back to this one (to its own page, from a form)."""
    return cast("Response", redirect(f"/sign-in?next={quote(here_again(), safe='')}", 303))


def here_again() -> str:
    """Return the address of this page, or of the page whose form is being answered."""
    return request.full_path.rstrip("?") if request.method == "GET" else _page_of_form()


def checked_form() -> dict[str, str]:
    """Return the fields of a form that this page's own form was sent with.

    One that comes from elsewhere, or with another sign-in's token, raises `FormExpiredError`.
    """
    refuse_foreign()
    # Of a field that is there several times the first counts.
    fields = {name: request.form.getlist(name)[0] for name in request.form}
    here, token = browser.signed_in(), fields.pop("form_token", "")
    if here is None or not browser.is_form_token(here, token):
        raise FormExpiredError
    return fields


def new_key() -> str:
    """Return the idempotency key that a form carries, so that it counts once however often it is sent."""
    return secrets.token_urlsafe(_KEY_BYTES)


def refuse_foreign() -> None:
    """Raise `FormExpiredError` if the browser says that another site sent the form."""
    if browser.comes_from_elsewhere():
        raise FormExpiredError


def way_back(target: str | None) -> str:
    """Return the page to go to after signing in: the one asked for if it is one of ours, else the schedule."""
    path = target or "/"
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if ours and path.isprintable() else "/"


def _find_visitor() -> Visitor | None:
    found = browser.signed_in()
    if found is None:
        return None
    # The operations of /v1 that the pages are made of ask who is calling.
    g.caller = Caller(found.member_id, found.expires_at, found.role, found.token_generation)
    return Visitor(found.member_id, found.member_name, found.role, browser.form_token(found))


def _page_of_form() -> str:
    referrer = urlsplit(request.headers.get("Referer", ""))
    return referrer.path if referrer.netloc == request.host and referrer.path else "/"
