"""Choosing the language of the pages, whatever the browser asks for."""

from flask import Response, request

from api.language import COOKIE, LANGUAGES
from api.pages.blueprint import pages
from api.pages.rendering import see_other
from api.pages.visitors import here_again, refuse_foreign, way_back
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.services import services

_YEAR_SECONDS = 365 * 24 * 3600


@pages.app_context_processor
def where_we_are() -> dict[str, object]:
    """Let the frame name the page that it is around, to come back to it."""
    return {"here_again": here_again}


@pages.post("/language")
def do_choose_language() -> Response:
    """Remember the language in this browser for a year, and go back to where it was chosen."""
    refuse_foreign()
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors={"language": f"Choose one of {', '.join(LANGUAGES)}."})
    answer = see_other(way_back(request.form.get("next")))
    answer.set_cookie(
        COOKIE,
        chosen,
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=services().settings.is_encrypted,
    )
    return answer
