"""What became true: frozen facts in the past tense. A command's events are its outcome in the journal.

A field that an event gets later has a default, and is not written where it has it: old journals stay as they were.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.ids import BookingId, MemberId, PassId, SpaceId, TrainerId
from domain.refusals import RefusalReason


@dataclass(frozen=True, slots=True)
class SeatBooked:
    """The member has a place; one session was taken from the pass."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId


@dataclass(frozen=True, slots=True)
class WaitlistJoined:
    """The session was full, so the member waits; nothing was taken. `place_in_line` counts from 1."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId
    place_in_line: int


class CancelledBy(StrEnum):
    """Who ended a booking."""

    MEMBER = "member"
    STAFF = "staff"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class BookingCancelled:
    """The place is given back and, unless staff refused it, one session went back to the same pass."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId
    by: CancelledBy
    refunded: bool = True


@dataclass(frozen=True, slots=True)
class WaitlistLeft:
    """The member no longer waits; there was nothing to refund.

    `was_skipped` and `was_offered` tell which count goes down: a place that was offered is free again.
    """

    booking_id: BookingId
    member_id: MemberId
    by: CancelledBy
    was_skipped: bool
    was_offered: bool = False


@dataclass(frozen=True, slots=True)
class WaiterPromoted:
    """The next in line has a place now; one session was taken from the pass."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId


@dataclass(frozen=True, slots=True)
class PlaceOffered:
    """The next in line may have the place by accepting before `until`; it counts as taken, and nothing was charged."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId
    until: datetime


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The offered place is the member's now; one session was taken from the pass."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId


@dataclass(frozen=True, slots=True)
class OfferExpired:
    """The offer was not accepted in time: the booking ends, and the place is free again."""

    booking_id: BookingId
    member_id: MemberId


@dataclass(frozen=True, slots=True)
class WaiterSkipped:
    """The pass of the next in line could not pay; the waiter keeps the place in line and is told why."""

    booking_id: BookingId
    member_id: MemberId
    pass_id: PassId
    reasons: tuple[RefusalReason, ...]


@dataclass(frozen=True, slots=True)
class WaiterReturned:
    """A skipped waiter's pass is usable again; the waiter is in line again at the old place."""

    booking_id: BookingId
    member_id: MemberId


@dataclass(frozen=True, slots=True)
class CapacityChanged:
    """The session has another number of places."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class SessionRescheduled:
    """The session takes place at another time; cancelling is free until `free_cancelling_until`."""

    starts_at: datetime
    lasts_minutes: int
    trainer_id: TrainerId
    space_id: SpaceId
    free_cancelling_until: datetime


@dataclass(frozen=True, slots=True)
class SessionUpdated:
    """The trainer or the space is another one; the time stays."""

    trainer_id: TrainerId
    space_id: SpaceId


@dataclass(frozen=True, slots=True)
class SessionCancelled:
    """The session does not take place; `why` is told to everybody on it."""

    why: str


Event = (
    SeatBooked
    | WaitlistJoined
    | BookingCancelled
    | WaitlistLeft
    | WaiterPromoted
    | PlaceOffered
    | OfferAccepted
    | OfferExpired
    | WaiterSkipped
    | WaiterReturned
    | CapacityChanged
    | SessionRescheduled
    | SessionUpdated
    | SessionCancelled
)

Charge = SeatBooked | WaiterPromoted | OfferAccepted
"""Events that take one session from the pass."""
