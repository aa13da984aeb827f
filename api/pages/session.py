"""One session: what there is to know before booking, and booking a place in it."""

from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID, uuid4

from flask import Response
from pydantic import ValidationError

from api.models.bookings import BookSeatBody
from api.models.commands import CommandHeaders
from api.models.sessions import SessionDetail
from api.pages.blueprint import pages
from api.pages.commands import command_in_address, told_command
from api.pages.interface import v1
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import checked_form, visitor
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.bookings import book
from api.routes.sessions import get_session, get_session_passes
from domain.outcomes import CommandStatus

WAIT_SECONDS = 10
LOOK_AGAIN_SECONDS = 3


class Window(StrEnum):
    """Whether a place in the session, or in its line, can be had at the moment."""

    OPEN = "open"
    CANCELLED = "cancelled"
    OVER = "over"
    STARTED = "started"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    LINE_FULL = "line_full"


@pages.get("/sessions/<uuid:session_id>")
def show_session(session_id: UUID) -> Response:
    """Show a session, what became of the command in the address, and the way to a place."""
    # Whoever is signed in is known before the first operation is asked.
    here, now = visitor(), datetime.now(UTC)
    session = v1(get_session)(session_id)
    command = command_in_address() if here is not None else None
    if command is not None and command.session_id != session_id:
        command = None
    window = _window(session, now)
    asks = here is not None and session.my_booking is None and window is Window.OPEN
    answer = framed_page(
        "session.html",
        session=session,
        mine=session.my_booking,
        window=window,
        passes=v1(get_session_passes)(session_id).items if asks else [],
        command=command,
        key=uuid4(),
        now=now,
        tz=session.time_zone,
    )
    if command is not None and command.status is CommandStatus.WAITING:
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


@pages.post("/sessions/<uuid:session_id>/book")
def book_place(session_id: UUID) -> Response:
    """Ask for a place with the pass chosen, and go back to the session, which says what became of it.

    The key was made with the form, so that a form sent twice books once.
    """
    page = f"/sessions/{session_id}"
    if visitor() is None:
        # The way back is said here: this address only takes forms, and the browser does not tell the form's page.
        return see_other(f"/sign-in?next={quote(page, safe='')}")
    fields = checked_form()
    body, headers = _read(fields)
    try:
        command, _, _ = v1(book)(session_id, json_data=body, headers_data=headers)
    except ProblemError as problem:
        command_id = told_command(problem)
        if command_id is None:
            raise
        return see_other(f"{page}?command={command_id}")
    return see_other(f"{page}?command={command.id}")


def _window(session: SessionDetail, now: datetime) -> Window:
    """Return whether the session can be booked at `now`, by what is shown of it; the rules decide when it is asked."""
    line_is_full = session.waitlist_limit is not None and session.waitlisted >= session.waitlist_limit
    if session.status == "cancelled":
        return Window.CANCELLED
    if now >= session.starts_at:
        return Window.OVER if now >= session.ends_at else Window.STARTED
    if session.booking_opens_at is not None and now < session.booking_opens_at:
        return Window.NOT_YET
    if now >= session.booking_closes_at:
        return Window.CLOSED
    return Window.LINE_FULL if session.spots_left == 0 and line_is_full else Window.OPEN


def _read(fields: dict[str, str]) -> tuple[BookSeatBody, CommandHeaders]:
    errors: dict[str, str] = {}
    try:
        body = BookSeatBody.model_validate({"pass_id": fields.get("pass_id")})
    except ValidationError:
        errors |= {"pass": "Choose one of your passes on the session's page."}
    try:
        headers = CommandHeaders.model_validate(
            {"idempotency_key": fields.get("key", ""), "prefer": f"wait={WAIT_SECONDS}"}
        )
    except ValidationError:
        errors |= {"form": "The form is not whole; open the session's page again and send it from there."}
    if errors:
        raise ProblemError(ProblemCode.INVALID_INPUT, errors=errors)
    return body, headers
