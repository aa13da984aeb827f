"""Who is at the browser: a sign-in kept in a cookie that no script can read, and proof that a form is one of ours.

The cookie holds a secret of 256 random bits; the database knows its SHA-256 only. It is `HttpOnly` and `SameSite=Lax`,
and `Secure` where the studio's address begins with https. A form that changes anything carries a value that is made of
the sign-in and the secret key, and must come from a page of this origin, by what the browser itself says.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Response, g, redirect, request

from api.auth import Caller
from api.services import services
from domain.ids import MemberId
from storage.sign_ins import SIGN_IN_DAYS, SignedIn, begin_sign_in, end_sign_in, find_signed_in

COOKIE = "seatline_sign_in"
SECRET_BYTES = 32
DEVICE_CHARACTERS_MAX = 200
_FORM_PURPOSE = b"seatline.form.v1"

View = TypeVar("View", bound=Callable[..., Any])


class FormExpiredError(Exception):
    """The form was made for another sign-in, or by another site; nothing of it was done."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A member at a browser; `form_token` belongs into every form of theirs."""

    member_id: MemberId
    name: str
    role: str
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
    back = request.full_path.rstrip("?") if request.method == "GET" else _page_of_form()
    return cast("Response", redirect(f"/sign-in?next={quote(back, safe='')}", 303))


def checked_form() -> dict[str, str]:
    """Return the fields of a form that this page's own form was sent with.

    One that comes from elsewhere, or with another sign-in's token, raises `FormExpiredError`.
    """
    refuse_foreign()
    # Of a field that is there several times the first counts.
    fields = {name: request.form.getlist(name)[0] for name in request.form}
    here, token = visitor(), fields.pop("form_token", "")
    if here is None or not hmac.compare_digest(token.encode(), here.form_token.encode()):
        raise FormExpiredError
    return fields


def refuse_foreign() -> None:
    """Raise `FormExpiredError` if the browser says that another site sent the form."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in {"same-origin", "none"}:
        raise FormExpiredError
    if site is None and origin is not None and urlsplit(origin).netloc != request.host:
        raise FormExpiredError


def sign_in(response: Response, member_id: MemberId) -> None:
    """Begin a sign-in of this member with this browser, and end the one it had."""
    made, secret = services(), secrets.token_urlsafe(SECRET_BYTES)
    device = (request.user_agent.string or "a browser")[:DEVICE_CHARACTERS_MAX]
    before = request.cookies.get(COOKIE)
    if before:
        made.ask(lambda db: end_sign_in(db, _hash(before)))
    made.ask(lambda db: begin_sign_in(db, member_id, secret_hash=_hash(secret), device=device))
    response.set_cookie(
        COOKIE,
        secret,
        max_age=SIGN_IN_DAYS * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=made.settings.api_url.startswith("https:"),
    )


def sign_out(response: Response) -> None:
    """End this browser's sign-in."""
    secret = request.cookies.get(COOKIE)
    if secret:
        services().ask(lambda db: end_sign_in(db, _hash(secret)))
    response.delete_cookie(COOKIE)


def way_back(target: str | None) -> str:
    """Return the page to go to after signing in: the one asked for if it is one of ours, else the schedule."""
    path = target or "/"
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if ours and path.isprintable() else "/"


def _find_visitor() -> Visitor | None:
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    found = services().ask(lambda db: find_signed_in(db, _hash(secret)))
    if found is None:
        return None
    # The operations of /v1 that the pages are made of ask who is calling.
    g.caller = Caller(found.member_id, found.expires_at)
    return Visitor(found.member_id, found.member_name, found.role, _form_token(found))


def _form_token(signed_in: SignedIn) -> str:
    key = services().settings.secret_key.encode()
    return hmac.new(key, _FORM_PURPOSE + signed_in.id.bytes, hashlib.sha256).hexdigest()


def _page_of_form() -> str:
    referrer = urlsplit(request.headers.get("Referer", ""))
    return referrer.path if referrer.netloc == request.host and referrer.path else "/"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
