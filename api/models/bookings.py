"""Bookings as their member sees them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.models.common import Answer, Input, Instant, Named, Reason
from domain.booking import cancelling_closes_at, refunding_closes_at
from domain.facts import BookingStatus
from storage.queries.bookings import MyBooking


class BookSeatBody(Input):
    """Which pass pays for the place."""

    pass_id: UUID = Field(description="One of your passes; see /v1/sessions/{id}/passes for which can pay.")


class BookingState(Answer):
    """Where a booking stands."""

    id: UUID = Field(description="Also the id of the command that made it.")
    session_id: UUID
    status: Literal["confirmed", "offered", "waitlisted", "cancelled"]
    pass_: Named = Field(alias="pass", description="The pass that pays.")
    position: int = Field(description="Its place in the session's order of commands, which is the order of the line.")
    place_in_line: int | None = Field(
        description="1 for the next in line; null when not waiting, or with 1000 waiters ahead."
    )
    skipped: list[Reason] = Field(
        description="Why a waiter was passed over. The place in line is kept until the pass can pay again."
    )
    booked_at: Instant
    offered_until: Instant | None = Field(
        description="Of a booking that is `offered` a place: until when to accept it, by `POST .../acceptance`."
    )
    promoted_at: Instant | None
    cancelled_at: Instant | None
    cancelling_closes_at: Instant | None = Field(description="Until when it can be cancelled; null once it is.")
    refunding_closes_at: Instant | None = Field(
        description="Until when cancelling gives the session back to the pass; null without a place."
    )

    @classmethod
    def of(cls, mine: MyBooking) -> "BookingState":
        """Return the booking as its member sees it."""
        return cls(**booking_values(mine))


def booking_values(mine: MyBooking) -> dict[str, Any]:
    """Return what is shown of a booking, with its session or without."""
    booking, session = mine.booking, mine.session.training_session
    return {
        "id": booking.id,
        "session_id": session.id,
        "status": str(booking.status),
        "pass": Named(id=booking.pass_id, name=mine.pass_name),
        "position": booking.position,
        "place_in_line": mine.place_in_line,
        "skipped": Reason.all_of(booking.skipped),
        "booked_at": booking.booked_at,
        "offered_until": booking.offered_until if booking.status is BookingStatus.OFFERED else None,
        "promoted_at": booking.promoted_at,
        "cancelled_at": booking.cancelled_at,
        "cancelling_closes_at": cancelling_closes_at(session, booking) if booking.is_live else None,
        "refunding_closes_at": (
            refunding_closes_at(session, booking) if booking.status is BookingStatus.CONFIRMED else None
        ),
    }
