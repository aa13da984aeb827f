"""Signing in and out with a browser, and changing the password."""

from flask import Response, request
from pydantic import ValidationError

from api import browser, known_devices
from api.auth import caller, read_token
from api.errors import input_problem
from api.language import N_, gettext
from api.models.account import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, PasswordBody
from api.models.tokens import SignInBody
from api.pages.blueprint import pages
from api.pages.interface import v1
from api.pages.preferences import preferences_page
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import checked_form, members_only, refuse_foreign, visitor, way_back
from api.problem_codes import ProblemCode
from api.problems import ProblemError, retry_after
from api.routes.account import change_password, sign_out_everywhere
from api.routes.tokens import create_token
from api.services import services

_EXPECTED = {ProblemCode.SIGN_IN_FAILED, ProblemCode.MEMBER_SUSPENDED, ProblemCode.TOO_MANY_ATTEMPTS}
_LIMITS = {"least": PASSWORD_CHARACTERS_MIN, "most": PASSWORD_CHARACTERS_MAX}
_PASSWORD_SENTENCES = {
    "current": N_("Write the password that you sign in with now."),
    "new": N_("Choose one of %(least)s to %(most)s characters."),
}


@pages.get("/sign-in")
def show_sign_in() -> Response:
    """Ask who is there; whoever is signed in already goes on."""
    target = way_back(request.args.get("next"))
    if visitor() is not None:
        return see_other(target)
    return framed_page("sign_in.html", next=target, email="", wrong=None)


@pages.post("/sign-in")
def do_sign_in() -> Response:
    """Sign in and go on to where the visitor wanted to; say what is wrong on the same page."""
    refuse_foreign()
    target, email = way_back(request.form.get("next")), request.form.get("email", "")
    try:
        token = v1(create_token)(SignInBody(email=email, password=request.form.get("password", "")))
    except ValidationError:
        return _again(ProblemError(ProblemCode.SIGN_IN_FAILED), target, email)
    except ProblemError as problem:
        if problem.code not in _EXPECTED:
            raise
        return _again(problem, target, email)
    response = see_other(target)
    signed_in = read_token(services().settings, token.access_token)
    browser.begin(response, signed_in.member_id, signed_in.token_generation)
    known_devices.know(response, email.strip())
    return response


@pages.post("/sign-out")
@members_only
def do_sign_out() -> Response:
    """End this sign-in, or with `everywhere` all of this member's, and their access tokens."""
    fields = checked_form()
    if fields.get("everywhere"):
        v1(sign_out_everywhere)()
    response = see_other("/")
    browser.end(response)
    return response


@pages.post("/password")
@members_only
def do_change_password() -> Response:
    """Change the password and sign in anew here; every other sign-in ends."""
    fields = checked_form()
    if fields.get("new") != fields.get("repeated"):
        return preferences_page(
            status=422, password_errors={"repeated": gettext("This is not the same as the new password.")}
        )
    try:
        body = PasswordBody.model_validate({f"{name}_password": fields.get(name, "") for name in _PASSWORD_SENTENCES})
        v1(change_password)(body)
    except ValidationError as error:
        wrong = {name.removesuffix("_password") for name in input_problem(error, "json").errors}
        said = {name: gettext(text) % _LIMITS for name, text in _PASSWORD_SENTENCES.items() if name in wrong}
        return preferences_page(status=422, password_errors=said)
    except ProblemError as problem:
        return _password_refused(problem)
    response = see_other("/preferences?saved=password")
    browser.begin(response, caller().member_id, caller().token_generation)
    return response


def _password_refused(problem: ProblemError) -> Response:
    headers = retry_after(problem)
    match problem.code:
        case ProblemCode.PASSWORD_WRONG:
            sentence = gettext("This is not your password at present.")
        case ProblemCode.TOO_MANY_ATTEMPTS:
            sentence = gettext("Too many attempts. Wait %(seconds)s seconds, then try again.")
            sentence %= {"seconds": headers["Retry-After"]}
        case _:
            raise problem
    return preferences_page(status=int(problem.kind.status), password_errors={"current": sentence}, headers=headers)


def _again(problem: ProblemError, target: str, email: str) -> Response:
    status = int(problem.kind.status)
    answer = framed_page("sign_in.html", status=status, next=target, email=email, wrong=problem)
    answer.headers.extend(retry_after(problem))
    return answer
