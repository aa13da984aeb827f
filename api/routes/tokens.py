"""Signing in."""

from apiflask import APIBlueprint

from api import sign_in_limits
from api.auth import make_token, password_fits
from api.client_address import client_address
from api.known_devices import device_of
from api.models.tokens import AccessToken, SignInBody
from api.openapi import Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from api.sign_in_limits import Trier, account_of
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

    Returns an access token. Attempts are limited for each account from one address, for each address, and for each
    account from all addresses together from which it has not signed in before; signing in clears the count.
    """
    made, email = services(), json_data.email.strip()
    who = Trier(account_of(made.settings.secret_key, email), client_address(), device_of(email))
    sign_in_limits.count_sign_in(made, who)
    found = made.ask(lambda db: find_sign_in(db, email))
    fits = password_fits(found.password_hash if found else None, json_data.password)
    if found is None or not fits:
        raise ProblemError(ProblemCode.SIGN_IN_FAILED)
    # Said to nobody but who knows the password.
    if found.is_suspended:
        raise ProblemError(ProblemCode.MEMBER_SUSPENDED)
    sign_in_limits.signed_in(made, who)
    return AccessToken(
        access_token=make_token(made.settings, found.member_id, found.token_generation),
        token_type="Bearer",  # noqa: S106 - the name of the scheme
        expires_in=made.settings.token_seconds,
    )
