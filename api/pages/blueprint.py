"""The blueprint of every page of the members' client, and what a page says when something is wrong."""

from http import HTTPStatus

import psycopg
from apiflask import APIBlueprint, APIFlask
from flask import Response, request
from structlog import get_logger
from werkzeug.exceptions import HTTPException, NotFound

from api.addresses import without_secret
from api.auth import caller
from api.errors import http_error
from api.language import N_
from api.pages.rendering import framed_page, page
from api.pages.visitors import FormExpiredError, to_sign_in, visitor
from api.problem_codes import ProblemCode
from api.problem_kinds import PROBLEMS
from api.problems import ProblemError, retry_after
from api.services import services

pages = APIBlueprint("pages", __name__, enable_openapi=False)

_WORDS: dict[ProblemCode, tuple[str, str]] = {
    ProblemCode.SESSION_NOT_FOUND: (N_("There is no such session"), N_("It may have been taken off the schedule.")),
    ProblemCode.BOOKING_NOT_FOUND: (N_("There is no such booking of yours"), N_("Your bookings are all on one page.")),
    ProblemCode.BOOKING_NOT_CONFIRMED: (
        N_("This booking has no place"),
        N_("It waits or was cancelled meanwhile; look at the roster again."),
    ),
    ProblemCode.PUSH_SUBSCRIPTION_NOT_FOUND: (N_("There is no such device of yours"), N_("It may be removed already.")),
    ProblemCode.MEMBER_NOT_FOUND: (N_("There is no such member"), N_("They may have been removed meanwhile.")),
    ProblemCode.PASS_NOT_FOUND: (N_("There is no such pass"), N_("See the passes on the page of their member.")),
    ProblemCode.PASS_TYPE_NOT_FOUND: (N_("There is no such type of pass"), N_("The types are all on one page.")),
    ProblemCode.ENTRY_NOT_FOUND: (N_("The catalogue has no such thing"), N_("Look it up in its list.")),
    ProblemCode.SERIES_NOT_FOUND: (N_("There is no such series"), N_("Look it up in its list.")),
    ProblemCode.NOT_PERMITTED: (N_("This is not for you"), N_("Only staff with another role may see this; ask them.")),
    ProblemCode.NOT_FOUND: (N_("There is nothing here"), N_("The address may have been cut off on its way.")),
    ProblemCode.INVALID_INPUT: (N_("That cannot be shown"), N_("Something in the address makes no sense here.")),
    ProblemCode.TOO_MANY_REQUESTS: (
        N_("That was too much at once"),
        N_("Nothing was changed. Wait a moment, then try again."),
    ),
    ProblemCode.BACKLOG_FULL: (
        N_("So many want something at the moment that no more is taken"),
        N_("Nothing was changed. Wait a moment, then try again."),
    ),
    ProblemCode.DATABASE_UNAVAILABLE: (
        N_("We cannot look that up at the moment"),
        N_("Nothing is lost. Try again shortly."),
    ),
}
_ELSE = (N_("Something went wrong here"), N_("It is our fault, not yours. Try again, and tell the studio if it stays."))

log = get_logger()


@pages.before_request
def count_visitor() -> None:
    """Count the page for whoever is signed in: before anything else, and not again on the page that says "too much"."""
    if visitor() is not None:
        services().allowances.take_request(caller().member_id, caller().token_generation)


@pages.after_request
def keep_secret(response: Response) -> Response:
    """Let no browser send on an address with a secret in it: whatever is asked for from there hears the origin alone.

    Not `no-referrer`, with which browsers send forms without saying where they come from, and we refuse those.
    """
    if "secret" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "strict-origin"
    return response


@pages.errorhandler(ProblemError)
def say_problem(problem: ProblemError) -> Response:
    """Say what is wrong in words for people, and where to go; whoever must sign in is sent there."""
    if problem.kind.status is HTTPStatus.UNAUTHORIZED and problem.code is not ProblemCode.SIGN_IN_FAILED:
        return to_sign_in()
    title, text = _WORDS.get(problem.code, _ELSE)
    status = int(problem.kind.status)
    answer = framed_page("problem.html", status=status, title=title, text=text, errors=problem.errors)
    answer.headers.extend(retry_after(problem))
    return answer


@pages.errorhandler(psycopg.OperationalError)
@pages.errorhandler(psycopg.InterfaceError)
def say_database_is_away(error: psycopg.Error) -> Response:
    """Say it without the frame, which would ask the database who is signed in."""
    log.warning("database does not answer", error=str(error))
    title, text = _WORDS[ProblemCode.DATABASE_UNAVAILABLE]
    status = int(PROBLEMS[ProblemCode.DATABASE_UNAVAILABLE].status)
    return page("problem.html", status=status, visitor=None, title=title, text=text, errors={})


@pages.errorhandler(FormExpiredError)
def say_form_expired(_: FormExpiredError) -> Response:
    """A form of an earlier sign-in, or one that another site made: nothing was done."""
    title, text = N_("This form is too old"), N_("Nothing was changed. Open the page again and send it once more.")
    return framed_page("problem.html", status=403, title=title, text=text, errors={})


@pages.errorhandler(Exception)
def say_fault(error: Exception) -> Response:
    """A fault of our own: told in words, and in the log."""
    if isinstance(error, HTTPException):
        return http_error(error)
    log.error("page failed", path=without_secret(request.path), method=request.method, exc_info=error)
    title, text = _ELSE
    return page("problem.html", status=500, visitor=None, title=title, text=text, errors={})


def register(app: APIFlask) -> None:
    """Put the pages into the app; a browser that opens an address nobody answers at is shown a page, too."""
    app.register_blueprint(pages)

    @app.errorhandler(NotFound)
    def nothing_here(error: NotFound) -> Response:
        accepted = request.accept_mimetypes
        wants_page = accepted.accept_html and accepted["text/html"] > accepted["application/json"]
        if request.path.startswith("/v1/") or not wants_page:
            return http_error(error)
        return say_problem(ProblemError(ProblemCode.NOT_FOUND))
