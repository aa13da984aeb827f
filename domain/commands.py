"""What people may ask of a session: one frozen dataclass each, and the `Command` union.

To add a command, write it here, add it to `Command` and follow the type checker: `decide.py` stops matching
exhaustively until the new command has a rule. A field that a command gets later has a default, which means what the
command meant without it, and is not written where it has it: the log and its receipts stay as they were.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.ids import BookingId, CommandId, MemberId, PassId, SpaceId, TrainerId, TrainingSessionId


@dataclass(frozen=True, slots=True)
class BookSeat:
    """A member wants a place, paid for with the pass of their choice."""

    pass_id: PassId


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """A member gives a place back, or leaves the waitlist."""

    booking_id: BookingId


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """A member takes the place that is offered to them, paid for with the pass of their booking.

    Staff may say so for the member, who called or cannot sign in.
    """

    booking_id: BookingId


@dataclass(frozen=True, slots=True)
class BookForMember:
    """Staff book for a member, also outside the booking window; `why` is kept with the booking's command."""

    member_id: MemberId
    pass_id: PassId
    why: str


@dataclass(frozen=True, slots=True)
class CancelForMember:
    """Staff take a member off the session, also past the deadline; `why` is told to the member.

    Without `refund` the session that was taken for the place does not go back to the pass.
    """

    booking_id: BookingId
    why: str
    refund: bool = True


@dataclass(frozen=True, slots=True)
class ChangeCapacity:
    """Staff change how many places the session has (at least 1). Lowering it evicts nobody.

    `why` is kept with the command.
    """

    capacity: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class RescheduleSession:
    """Staff move the session, or change its trainer or space; all four values are the new ones.

    `why` is kept with the command.
    """

    starts_at: datetime
    lasts_minutes: int
    trainer_id: TrainerId
    space_id: SpaceId
    why: str = ""


@dataclass(frozen=True, slots=True)
class ClearBookings:
    """Staff take everybody off the session, from places and from the line; the session stays, and may be booked again.

    `why` is told to them. Without `refund` the sessions that were taken for places do not go back to the passes.
    """

    why: str
    refund: bool = True


@dataclass(frozen=True, slots=True)
class CancelSession:
    """Staff call the session off; asking twice is the same as asking once."""

    why: str


@dataclass(frozen=True, slots=True)
class ReconsiderWaitlist:
    """Seatline itself asks that a waiter who was skipped is looked at again, because this pass has changed."""

    pass_id: PassId


@dataclass(frozen=True, slots=True)
class ExpireOffers:
    """Seatline itself asks that offers which nobody accepted in time end, all that are due."""


Command = (
    BookSeat
    | CancelBooking
    | AcceptOffer
    | BookForMember
    | CancelForMember
    | ChangeCapacity
    | RescheduleSession
    | ClearBookings
    | CancelSession
    | ReconsiderWaitlist
    | ExpireOffers
)

KINDS: dict[str, type[Command]] = {
    "book_seat": BookSeat,
    "cancel_booking": CancelBooking,
    "accept_offer": AcceptOffer,
    "book_for_member": BookForMember,
    "cancel_for_member": CancelForMember,
    "change_capacity": ChangeCapacity,
    "reschedule_session": RescheduleSession,
    "clear_bookings": ClearBookings,
    "cancel_session": CancelSession,
    "reconsider_waitlist": ReconsiderWaitlist,
    "expire_offers": ExpireOffers,
}
"""The stable name of each command in the log, in JSON and in metrics."""

ChangesTheSession = ChangeCapacity | RescheduleSession | ClearBookings | CancelSession
"""Commands that change the session itself or all of its bookings; each is applied in a batch of its own."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a member, a member acting as staff, or Seatline itself (`member_id` is None)."""

    member_id: MemberId | None
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class AcceptedCommand:
    """A command with its place in the log.

    `accepted_at` is the database's clock at the moment of accepting and the only "now" the rules know, so a
    queue never makes a member late. `seq` grows over all sessions.
    """

    id: CommandId
    seq: int
    training_session_id: TrainingSessionId
    actor: Actor
    accepted_at: datetime
    command: Command
