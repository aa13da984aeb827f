"""My sign-in: changing the password, and signing out everywhere."""

from apiflask import APIBlueprint
from flask import Response

from api import sign_in_limits
from api.auth import caller, hash_password, no_such_member, password_fits, stay
from api.models.account import PasswordBody
from api.openapi import BODY_PROBLEMS, Access, operation
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services
from storage import sign_ins
from storage.accounts import change_password_hash, find_account

routes = APIBlueprint("account", __name__, tag="Signing in")


@routes.post("/v1/me/password")
@operation(
    access=Access.MEMBER,
    problems=[
        *BODY_PROBLEMS,
        ProblemCode.PASSWORD_WRONG,
        ProblemCode.TOO_MANY_ATTEMPTS,
        ProblemCode.DATABASE_UNAVAILABLE,
    ],
    answers={204: {"description": "Changed"}},
)
@routes.input(
    PasswordBody,
    example={"current_password": "correct horse battery staple", "new_password": "four other words entirely"},
)
def change_password(json_data: PasswordBody) -> Response:
    """Change my password.

    Every browser I am signed in with is signed out, and every access token that was issued before ends, that of this
    request with them: sign in again with the new password.
    Attempts are limited for each member, apart from those to sign in.
    """
    made, member_id = services(), caller().member_id
    account = made.ask(lambda db: find_account(db, member_id))
    if account is None:
        raise no_such_member()
    sign_in_limits.count_change(made, member_id)
    before = account.password_hash
    if not password_fits(before, json_data.current_password) or before is None:
        raise ProblemError(ProblemCode.PASSWORD_WRONG)
    after = hash_password(json_data.new_password)
    # Of two changes at once the second is checked against the password that the first has replaced.
    generation = made.ask(lambda db: change_password_hash(db, member_id, before=before, after=after))
    if generation is None:
        raise ProblemError(ProblemCode.PASSWORD_WRONG)
    stay(generation)
    sign_in_limits.changed(made, member_id)
    return _nothing()


@routes.delete("/v1/me/sign-ins")
@operation(
    access=Access.MEMBER,
    problems=[ProblemCode.DATABASE_UNAVAILABLE],
    answers={204: {"description": "Signed out everywhere"}},
)
def sign_out_everywhere() -> Response:
    """Sign out everywhere.

    Every browser I am signed in with is signed out, and every access token that was issued before ends, that of this
    request with them. Open event streams end within seconds.
    """
    services().ask(lambda db: sign_ins.sign_out_everywhere(db, caller().member_id))
    return _nothing()


def _nothing() -> Response:
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer
