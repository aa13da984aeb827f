"""Why a command is refused: stable codes, each with a sentence that says what to do."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """A stable code; clients may depend on it, the sentence beside it may change."""

    ALREADY_BOOKED = "already_booked"
    ALREADY_WAITLISTED = "already_waitlisted"
    ALREADY_OFFERED = "already_offered"
    BOOKING_CLOSED = "booking_closed"
    BOOKING_NOT_OPEN = "booking_not_open"
    SESSION_CANCELLED = "session_cancelled"
    SESSION_STARTED = "session_started"
    SESSION_NOT_FOUND = "session_not_found"
    PASS_NOT_FOUND = "pass_not_found"  # noqa: S105 - a reason, not a password
    PASS_NOT_YOURS = "pass_not_yours"  # noqa: S105
    PASS_EXPIRED = "pass_expired"  # noqa: S105
    PASS_EXHAUSTED = "pass_exhausted"  # noqa: S105
    PASS_NOT_APPLICABLE = "pass_not_applicable"  # noqa: S105
    PASS_INACTIVE = "pass_inactive"  # noqa: S105
    CANCELLATION_CLOSED = "cancellation_closed"
    BOOKING_NOT_FOUND = "booking_not_found"
    BOOKING_NOT_YOURS = "booking_not_yours"
    WAITLIST_FULL = "waitlist_full"
    BOOKING_LIMIT_REACHED = "booking_limit_reached"
    NOT_OFFERED = "not_offered"
    OFFER_EXPIRED = "offer_expired"
    NOT_PERMITTED = "not_permitted"
    SPACE_TAKEN = "space_taken"
    TRAINER_TAKEN = "trainer_taken"


RULES: dict[RefusalReason, str] = {
    RefusalReason.WAITLIST_FULL: "Only so many can wait in line for this session",
    RefusalReason.BOOKING_LIMIT_REACHED: "You can hold only so many upcoming bookings of this training at a time",
    RefusalReason.OFFER_EXPIRED: "A free place is offered to the next in line, who has to accept it in time",
}
"""What a policy asks, in the words in which it is explained before (`domain.explanations`) and refuses afterwards."""

SENTENCES: dict[RefusalReason, str] = {
    RefusalReason.ALREADY_BOOKED: "You already have a place in this session; cancel it to book with another pass.",
    RefusalReason.ALREADY_WAITLISTED: "You are already in line for this session; you are told when a place is yours.",
    RefusalReason.ALREADY_OFFERED: "A place in this session is offered to you already; accept it in time.",
    RefusalReason.BOOKING_CLOSED: "Booking for this session has closed; choose a later session.",
    RefusalReason.BOOKING_NOT_OPEN: "Booking for this session has not opened yet; try again when it opens.",
    RefusalReason.SESSION_CANCELLED: "This session is cancelled; choose another one.",
    RefusalReason.SESSION_STARTED: "This session has already started; choose a later one.",
    RefusalReason.SESSION_NOT_FOUND: "There is no such session; look it up in the schedule again.",
    RefusalReason.PASS_NOT_FOUND: "There is no such pass; choose one of your passes.",
    RefusalReason.PASS_NOT_YOURS: "This pass belongs to somebody else; choose one of your own.",
    RefusalReason.PASS_EXPIRED: "This pass has expired; choose another one or ask the studio to extend it.",
    RefusalReason.PASS_EXHAUSTED: "This pass has no sessions left; choose another one or ask the studio to top it up.",
    RefusalReason.PASS_NOT_APPLICABLE: "This pass is not valid for this training; choose one that is.",
    RefusalReason.PASS_INACTIVE: "This pass is not active; choose another one or ask the studio.",
    RefusalReason.CANCELLATION_CLOSED: "The time to cancel has passed; ask the studio if you cannot come.",
    RefusalReason.BOOKING_NOT_FOUND: "There is no such booking, or it is already cancelled; see your bookings.",
    RefusalReason.BOOKING_NOT_YOURS: "This booking belongs to somebody else; you can cancel your own bookings only.",
    RefusalReason.WAITLIST_FULL: f"{RULES[RefusalReason.WAITLIST_FULL]}; choose another session.",
    RefusalReason.BOOKING_LIMIT_REACHED: (
        f"{RULES[RefusalReason.BOOKING_LIMIT_REACHED]}; cancel one, or book when one is over."
    ),
    RefusalReason.NOT_OFFERED: "No place is offered to you at the moment; you are told when one is.",
    RefusalReason.OFFER_EXPIRED: f"{RULES[RefusalReason.OFFER_EXPIRED]}; this offer has ended, so join the line again.",
    RefusalReason.NOT_PERMITTED: "Only staff of the studio may do this; ask them.",
    RefusalReason.SPACE_TAKEN: "Another session has this space at that time; choose another space or time.",
    RefusalReason.TRAINER_TAKEN: "The trainer gives another session at that time; choose another trainer or time.",
}
"""One sentence a member can act on, for every reason."""
