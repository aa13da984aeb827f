"""A password for who has none or has forgotten it, by a link that is mailed to them."""

from apiflask import APIBlueprint
from flask import Response

from api import sign_in_limits
from api.auth import hash_password
from api.client_address import client_address
from api.models.password_links import (
    LookAtLinkBody,
    PasswordLink,
    PasswordResetAsked,
    PasswordResetBody,
    SetPasswordBody,
)
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from api.sign_in_limits import Trier, account_of
from domain.password_links import HOLDS, LinkPurpose
from storage.identifiers import new_id
from storage.password_links import OpenLink, ask_for_reset, find_open_link, use_link
from workers.messages.links import read_password_secret
from workers.password_links import call_for_mail

_SECRET = "AY2wCX0nc0iKUYzdJbqWl3kTtRzYb3GZyJmXv0cW8sQkq1o7hV5uN2pE4dLxFaBg"  # noqa: S105 - an example
_LINK_PROBLEMS = (*BODY_PROBLEMS, ProblemCode.PASSWORD_LINK_NOT_VALID, ProblemCode.DATABASE_UNAVAILABLE)

routes = APIBlueprint("password_links", __name__, tag="Signing in")


@routes.post("/v1/password-resets")
@operation(
    access=Access.PUBLIC,
    problems=[*BODY_PROBLEMS, ProblemCode.TOO_MANY_ATTEMPTS, ProblemCode.DATABASE_UNAVAILABLE],
)
@routes.input(PasswordResetBody, example={"email": "nina@example.org"})
@routes.output(PasswordResetAsked, status_code=202, description="If the address is known, a link is on its way to it")
def ask_for_password_reset(json_data: PasswordResetBody) -> PasswordResetAsked:
    """Ask for a new password.

    The member with this e-mail address is sent a link by which they choose one, and which works once. The answer is the
    same where there is no such member, and while three such links of theirs hold, to which none is added. Attempts are
    limited for each account from one address, apart from those to sign in.
    """
    made, email, link_id = services(), json_data.email.strip(), new_id()
    sign_in_limits.count_reset(made, _trier(email))
    made.ask(lambda db: ask_for_reset(db, link_id, email))
    call_for_mail(made.redis)
    return PasswordResetAsked(expires_in=int(HOLDS[LinkPurpose.RESET].total_seconds()))


@routes.post("/v1/password-links")
@operation(access=Access.PUBLIC, problems=_LINK_PROBLEMS)
@routes.input(LookAtLinkBody, example={"secret": _SECRET})
@routes.output(PasswordLink, description="It holds")
def look_at_password_link(json_data: LookAtLinkBody) -> PasswordLink:
    """Look whether a link holds, and whose password it sets.

    Looking changes nothing. It is a POST because a secret in an address would stand in logs.
    """
    return PasswordLink.of(_open_link(json_data.secret))


@routes.post("/v1/passwords")
@operation(access=Access.PUBLIC, problems=_LINK_PROBLEMS, answers={204: {"description": "The password is set"}})
@routes.input(SetPasswordBody, example={"secret": _SECRET, "new_password": "four other words entirely"})
def set_password(json_data: SetPasswordBody) -> Response:
    """Set a password by a link.

    The link is used up, and every other one of the member ends, as does every access token of theirs; every browser
    they are signed in with is signed out. Of two at once with one link, one is made.
    """
    made, link = services(), _open_link(json_data.secret)
    after = hash_password(json_data.new_password)
    if not made.ask(lambda db: use_link(db, link.id, password_hash=after)):
        raise ProblemError(ProblemCode.PASSWORD_LINK_NOT_VALID)
    sign_in_limits.know_address(made, _trier(link.email))
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def _trier(email: str) -> Trier:
    return Trier(account_of(services().settings.secret_key, email), client_address())


def _open_link(secret: str) -> OpenLink:
    made = services()
    link_id = read_password_secret(made.settings, secret)
    found = None if link_id is None else made.ask(lambda db: find_open_link(db, link_id))
    if found is None:
        raise ProblemError(ProblemCode.PASSWORD_LINK_NOT_VALID)
    return found
