"""My bookings: the list, one of them with its receipt, cancelling, and accepting an offered place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response

from api.models.commands import Command, CommandHeaders
from api.models.common import NoFields
from api.models.me import Booking, BookingsQuery, PassForSession
from api.models.sessions import SessionDetail
from api.pages.blueprint import pages
from api.pages.commands import command_in_address, find_command
from api.pages.interface import v1
from api.pages.queries import checked, query_of
from api.pages.rendering import framed_page, see_other
from api.pages.visitors import FormExpiredError, checked_form, members_only, new_key
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from api.routes.bookings import accept_offer, cancel
from api.routes.me import get_bookings
from api.routes.my_booking import get_booking
from api.routes.sessions import get_session, get_session_passes

_WAIT = "wait=10"
_DECIDED_AGAINST = {ProblemCode.REFUSED, ProblemCode.COMMAND_FAILED}


@dataclass(frozen=True, slots=True)
class Asked:
    """A cancellation about to be confirmed: what it concerns, and what it would do at this moment.

    `pass_` is None where the member has more passes than the operation lists.
    """

    booking: Booking
    session: SessionDetail
    pass_: PassForSession | None
    now: datetime

    @property
    def is_cancelled(self) -> bool:
        """Whether there is nothing to cancel any more."""
        return self.booking.cancelling_closes_at is None

    @property
    def is_too_late(self) -> bool:
        """Whether the deadline has passed."""
        closes_at = self.booking.cancelling_closes_at
        return closes_at is not None and self.now >= closes_at

    @property
    def promotes(self) -> bool:
        """Whether free places still go to those in line."""
        return self.now < self.session.promotion_closes_at

    @property
    def refunds(self) -> bool:
        """Whether the session still goes back to the pass."""
        closes_at = self.booking.refunding_closes_at
        return closes_at is not None and self.now < closes_at

    @property
    def pass_has_expired(self) -> bool:
        """Whether a session that comes back to the pass comes too late to be used."""
        expires_at = self.pass_.expires_at if self.pass_ else None
        return expires_at is not None and self.now >= expires_at


@pages.get("/bookings")
@members_only
def show_bookings() -> Response:
    """List the member's bookings, upcoming or past, and what became of the command that led here."""
    query = query_of(BookingsQuery, "when", "cursor")
    found = v1(get_bookings)(query)
    return framed_page(
        "bookings.html", when=str(query.when), cursor=query.cursor, page=found, note=_noted_command(), now=_now()
    )


@pages.get("/bookings/<uuid:booking_id>")
@members_only
def show_booking(booking_id: UUID) -> Response:
    """Show a booking with its receipt, or what became of the command that was to make it."""
    command = find_command(booking_id)
    try:
        booking = v1(get_booking)(booking_id)
    except ProblemError as problem:
        # A command that waits or was refused has made no booking, and is still the answer to its id.
        if problem.code is not ProblemCode.BOOKING_NOT_FOUND or command is None or command.booking_id != booking_id:
            raise
        booking = None
    return framed_page("booking.html", booking=booking, command=command, now=_now())


@pages.get("/bookings/<uuid:booking_id>/cancel")
@members_only
def ask_to_cancel(booking_id: UUID) -> Response:
    """Say exactly what cancelling would do before anything is done."""
    booking = v1(get_booking)(booking_id)
    session = v1(get_session)(booking.session_id)
    passes = v1(get_session_passes)(booking.session_id).items
    pays = next((one for one in passes if one.id == booking.pass_.id), None)
    asked = Asked(booking, session, pays, _now())
    return framed_page("cancel.html", asked=asked, key=new_key())


@pages.post("/bookings/<uuid:booking_id>/cancel")
@members_only
def do_cancel(booking_id: UUID) -> Response:
    """Cancel once, however often the button is pressed, and say on the list what became of it."""
    return see_other(f"/bookings?command={_given(cancel, booking_id)[1]}")


@pages.post("/bookings/<uuid:booking_id>/accept")
@members_only
def do_accept(booking_id: UUID) -> Response:
    """Accept an offered place once, however often the button is pressed, and say on the session what became of it."""
    booking, command_id = _given(accept_offer, booking_id)
    return see_other(f"/sessions/{booking.session_id}?command={command_id}")


def _given(operation: Callable[..., Any], booking_id: UUID) -> tuple[Booking, str]:
    """Give the command that the form asks for, and return the booking with the id of the command."""
    fields = checked_form()
    headers = checked(CommandHeaders, {"idempotency_key": fields.get("key", ""), "prefer": _WAIT})
    # Asked first: the command itself would say that another member's booking exists.
    booking = v1(get_booking)(booking_id)
    try:
        command, _, _ = v1(operation)(booking_id, json_data=NoFields(), headers_data=headers)
        return booking, str(command.id)
    except ProblemError as problem:
        if problem.code is ProblemCode.IDEMPOTENCY_KEY_REUSED:
            raise FormExpiredError from None
        if problem.code not in _DECIDED_AGAINST or problem.command is None:
            raise
        return booking, str(problem.command["id"])


def _noted_command() -> Command | None:
    """Return the cancellation that the address speaks of, None without one or for another member's."""
    command = command_in_address()
    return command if command is not None and command.kind == "cancel_booking" else None


def _now() -> datetime:
    return datetime.now(UTC)
