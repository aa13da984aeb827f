"""Signing in."""

from apiflask import APIBlueprint
from flask import request

from api import sign_in_limits
from api.auth import make_token, password_fits
from api.models.tokens import AccessToken, SignInBody
from api.openapi import Access, operation
from api.problem_kinds import ProblemCode
from api.problems import ProblemError
from api.services import services
from storage.queries.members import find_sign_in

routes = APIBlueprint("tokens", __name__, tag="Signing in")


@routes.post("/v1/tokens")
@operation(
    access=Access.PUBLIC,
    problems=[
        ProblemCode.INVALID_JSON,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.INVALID_INPUT,
        ProblemCode.SIGN_IN_FAILED,
        ProblemCode.MEMBER_SUSPENDED,
        ProblemCode.TOO_MANY_ATTEMPTS,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
)
@routes.input(SignInBody, example={"email": "nina@example.org", "password": "correct horse battery staple"})
@routes.output(AccessToken, status_code=201, description="Signed in")
def create_token(json_data: SignInBody) -> AccessToken:
    """Sign in.

    Returns an access token. Attempts are limited for each account from one address; signing in clears the count.
    """
    made, address = services(), request.remote_addr or "unknown"
    email = json_data.email.strip()
    sign_in_limits.count_attempt(made.redis, made.settings, email=email, address=address)
    found = made.ask(lambda db: find_sign_in(db, email))
    fits = password_fits(found.password_hash if found else None, json_data.password)
    if found is None or not fits:
        raise ProblemError(ProblemCode.SIGN_IN_FAILED)
    # Said to nobody but who knows the password.
    if found.is_suspended:
        raise ProblemError(ProblemCode.MEMBER_SUSPENDED)
    sign_in_limits.forget_attempts(made.redis, made.settings, email=email, address=address)
    return AccessToken(
        access_token=make_token(made.settings, found.member_id, found.token_generation),
        token_type="Bearer",  # noqa: S106 - the name of the scheme
        expires_in=made.settings.token_seconds,
    )
