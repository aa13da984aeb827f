"""A password for who has none or has forgotten it: asking for a link, and choosing a password by one."""

from flask import Response, request
from pydantic import ValidationError

from api import browser, known_devices
from api.auth import read_token
from api.models.account import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN
from api.models.password_links import LookAtLinkBody, PasswordLink, PasswordResetBody, SetPasswordBody
from api.models.tokens import SignInBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.rendering import framed_page, page, see_other
from api.pages.visitors import refuse_foreign
from api.problem_codes import ProblemCode
from api.problems import ProblemError, retry_after
from api.routes.password_links import ask_for_password_reset, look_at_password_link, set_password
from api.routes.tokens import create_token
from api.services import services
from domain.password_links import HOLDS, OPEN_RESETS_MAX, LinkPurpose


@pages.get("/password-reset")
def show_password_reset() -> Response:
    """Ask whose password is forgotten."""
    return framed_page("password_reset.html", email="", wrong=None)


@pages.post("/password-reset")
def do_ask_for_password_reset() -> Response:
    """Have a link sent, and say so whether or not anybody has the address."""
    refuse_foreign()
    email = request.form.get("email", "").strip()
    try:
        v1(ask_for_password_reset)(PasswordResetBody(email=email))
    except ValidationError:
        return framed_page("password_reset.html", status=422, email=email, wrong="email")
    except ProblemError as problem:
        if problem.code is not ProblemCode.TOO_MANY_ATTEMPTS:
            raise
        headers = retry_after(problem)
        status = int(problem.kind.status)
        answer = framed_page(
            "password_reset.html", status=status, email=email, wrong="often", seconds=headers["Retry-After"]
        )
        answer.headers.extend(headers)
        return answer
    return see_other("/password-reset/sent")


@pages.get("/password-reset/sent")
def show_password_reset_sent() -> Response:
    """Say that a link is on its way, how long it holds, and what to do if none comes."""
    minutes = int(HOLDS[LinkPurpose.RESET].total_seconds()) // 60
    return framed_page("password_reset_sent.html", minutes=minutes, most=OPEN_RESETS_MAX)


@pages.get("/password/<secret>")
def show_password_link(secret: str) -> Response:
    """Let whoever holds the link choose a password; opening it, as mail programs do too, changes nothing."""
    link = _look(secret)
    return _dead_link() if link is None else _form(link)


@pages.post("/password/<secret>")
def do_set_password(secret: str) -> Response:
    """Set the password, sign in with this browser and go on to the schedule; say on the page what is wrong."""
    refuse_foreign()
    link, new = _look(secret), request.form.get("new", "")
    if link is None:
        return _dead_link()
    if new != request.form.get("repeated"):
        return _form(link, wrong="repeated")
    try:
        v1(set_password)(SetPasswordBody(secret=secret, new_password=new))
    except ValidationError:
        return _form(link, wrong="new")
    except ProblemError as problem:
        if problem.code is not ProblemCode.PASSWORD_LINK_NOT_VALID:
            raise
        return _dead_link()
    return _signed_in(link.email, new)


def _signed_in(email: str, password: str) -> Response:
    try:
        token = v1(create_token)(SignInBody(email=email, password=password))
    except (ValidationError, ProblemError):
        # It is set all the same: too many have tried from this address, or somebody changed it again meanwhile.
        return see_other("/sign-in")
    response = see_other("/?password=set")
    signed_in = read_token(services().settings, token.access_token)
    browser.begin(response, signed_in.member_id, signed_in.token_generation)
    known_devices.know(response, email)
    return response


def _look(secret: str) -> PasswordLink | None:
    try:
        return v1(look_at_password_link)(LookAtLinkBody(secret=secret))
    except ValidationError:
        return None
    except ProblemError as problem:
        if problem.code is not ProblemCode.PASSWORD_LINK_NOT_VALID:
            raise
        return None


def _form(link: PasswordLink, *, wrong: str | None = None) -> Response:
    # Without the visitor's frame: the link may be another member's, and no script need know its address.
    return page(
        "password.html",
        status=200 if wrong is None else 422,
        visitor=None,
        link=link,
        wrong=wrong,
        characters_min=PASSWORD_CHARACTERS_MIN,
        characters_max=PASSWORD_CHARACTERS_MAX,
    )


def _dead_link() -> Response:
    return page("password_dead.html", status=404, visitor=None)
