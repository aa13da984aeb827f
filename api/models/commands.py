"""Commands and their outcomes."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from api.models.bookings import BookingState
from api.models.common import Answer, Instant, Reason
from domain.outcomes import CommandStatus
from storage.queries.bookings import MyBooking
from storage.queries.commands import AHEAD_COUNTED_MAX, CommandState


class CommandHeaders(Answer):
    """How a command is to be taken."""

    idempotency_key: str | None = Field(
        None,
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="Any text of yours without spaces, new for each command. The same key again is answered with "
        "what became of the first command, and nothing is done twice.",
        examples=["3f6b8d1c-book-monday-yoga"],
    )
    prefer: str | None = Field(
        None,
        description="`wait=10` waits up to so many seconds for the outcome (RFC 7240); at most 30 are granted.",
        examples=["wait=10"],
    )


class Command(Answer):
    """A command and what became of it."""

    ahead_most: ClassVar[int] = AHEAD_COUNTED_MAX

    id: UUID
    kind: str = Field(examples=["book_seat"])
    status: CommandStatus = Field(description="`waiting` until it is settled as one of the other three, for good.")
    session_id: UUID
    booking_id: UUID | None = Field(description="The booking that it makes or ends.")
    seq: int = Field(description="Its number in the order of accepting, which is the order of deciding.")
    position: int | None = Field(description="Its number among the settled commands of its session.")
    ahead: int | None = Field(
        description="How many commands of its session are decided before it, counted up to "
        f"{AHEAD_COUNTED_MAX}; null once it is settled, and as long as it is only accepted: ask for the command."
    )
    receipt: str | None = Field(description="Proof of this and all earlier outcomes of the session.")
    booking: BookingState | None = Field(description="The booking as it stands now; null before there is one.")
    reasons: list[Reason] = Field(description="Every reason why it was refused.")
    accepted_at: Instant = Field(description="The moment by which the rules decide, however long it waits.")
    applied_at: Instant | None = Field(description="When it was settled.")

    @classmethod
    def of(cls, state: CommandState, mine: MyBooking | None) -> "Command":
        """Return the command as whoever gave it sees it."""
        return cls(
            id=state.id,
            kind=state.kind,
            status=state.status,
            session_id=state.training_session_id,
            booking_id=state.booking_id,
            seq=state.seq,
            position=state.position,
            ahead=state.ahead,
            receipt=state.receipt,
            booking=None if mine is None else BookingState.of(mine),
            reasons=Reason.all_of(state.reasons),
            accepted_at=state.accepted_at,
            applied_at=state.applied_at,
        )

    def plain(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return self.model_dump(mode="json", by_alias=True)
