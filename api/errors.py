"""Turn whatever ends a request into a problem: bad input, HTTP errors, a missing database, a fault of our own."""

import json

import psycopg
from apiflask import APIFlask
from flask import Response, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from structlog import get_logger
from werkzeug.exceptions import HTTPException

from api.addresses import without_secret
from api.problem_codes import ProblemCode
from api.problems import PROBLEM_JSON, ProblemError

_CODE_OF_STATUS = {
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    413: ProblemCode.BODY_TOO_LARGE,
    415: ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    500: ProblemCode.INTERNAL_ERROR,
}

log = get_logger()


def register(app: APIFlask) -> None:
    """Answer every error of this app as a problem."""
    app.register_error_handler(ProblemError, answer)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(ParseException, _broken_body)
    app.register_error_handler(psycopg.OperationalError, _database_error)
    app.register_error_handler(psycopg.InterfaceError, _database_error)
    app.register_error_handler(Exception, _fault)


def answer(problem: ProblemError) -> Response:
    """Return the problem as a response."""
    body = json.dumps(problem.body(), ensure_ascii=False)
    return Response(body, int(problem.kind.status), problem.headers, content_type=PROBLEM_JSON)


def input_problem(error: ValidationError, location: str) -> ProblemError:
    """Return pydantic's findings with one sentence for each field; header fields get their headers' names."""
    errors = {_name_of(found, location): _sentence_of(found) for found in error.errors(include_url=False)}
    return ProblemError(ProblemCode.INVALID_INPUT, errors=errors)


def _name_of(found: ErrorDetails, location: str) -> str:
    # Of a name that is not allowed pydantic says `[key]` behind it.
    name = ".".join(str(part) for part in found["loc"] if part != "[key]") or "body"
    name = name[:100]
    return name.replace("_", "-").title() if location == "headers" else name


def _sentence_of(found: ErrorDetails) -> str:
    match found["type"]:
        case "extra_forbidden":
            return "This field is not known here; leave it out."
        case "missing":
            return "This field is missing; add it."
        case "string_unicode":
            return "This text holds half a character (a lone surrogate); send whole characters."
        case _:
            said = found["msg"].removeprefix("Value error, ").rstrip(".")
            return f"{said}." if said[:1].isupper() else f"This is not valid: {said}."


def http_error(error: HTTPException) -> Response:
    """Return Flask's and werkzeug's errors as problems; redirects and the like stay as they are."""
    if error.code is None or error.code < 400:  # noqa: PLR2004 - where HTTP's errors begin
        return Response(error.get_response().get_data(), error.code, error.get_response().headers)
    code = _CODE_OF_STATUS.get(error.code, ProblemCode.BAD_REQUEST)
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return answer(ProblemError(code, headers=kept))


def _broken_body(_error: Exception) -> Response:
    """Answer a body in broken chunks, which the server finds out while we read it; it closes the connection then."""
    return answer(ProblemError(ProblemCode.BAD_REQUEST))


def _database_error(error: psycopg.Error) -> Response:
    log.warning("database does not answer", path=without_secret(request.path), error=str(error))
    return answer(ProblemError(ProblemCode.DATABASE_UNAVAILABLE))


def _fault(error: Exception) -> Response:
    log.error("request failed", path=without_secret(request.path), method=request.method, exc_info=error)
    return answer(ProblemError(ProblemCode.INTERNAL_ERROR))
