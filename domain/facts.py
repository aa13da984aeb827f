"""What the rules look at: frozen facts, and `Facts`, the working set of one batch.

Only `recorder.record` changes a `Facts`, and only after a decision is complete; deciding reads.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.ids import (
    BookingId,
    MemberId,
    PassId,
    SpaceId,
    TrainerId,
    TrainingId,
    TrainingSessionId,
)
from domain.policies import Policies
from domain.refusals import RefusalReason

NO_POLICIES = Policies()


@dataclass(frozen=True, slots=True)
class TrainingSession:
    """One session as it stands in the schedule. Instants are UTC; deadlines are durations before the start."""

    id: TrainingSessionId
    training_id: TrainingId
    trainer_id: TrainerId
    space_id: SpaceId
    starts_at: datetime
    lasts_minutes: int
    capacity: int
    booking_deadline: timedelta
    cancellation_deadline: timedelta
    promotion_deadline: timedelta
    promotion_grace: timedelta
    booking_opens_at: datetime | None = None
    waitlist_limit: int | None = None
    free_cancelling_until: datetime | None = None
    cancelled: bool = False
    policies: Policies = NO_POLICIES

    @property
    def booking_closes_at(self) -> datetime:
        """The first instant at which booking is refused."""
        return self.starts_at - self.booking_deadline

    @property
    def cancelling_closes_at(self) -> datetime:
        """The first instant at which cancelling is refused to those without a grace of their own."""
        return self.starts_at - self.cancellation_deadline

    @property
    def refunding_closes_at(self) -> datetime:
        """The first instant at which cancelling brings nothing back to those without a grace of their own."""
        minutes = self.policies.refund_deadline_minutes
        return self.cancelling_closes_at if minutes is None else self.starts_at - timedelta(minutes=minutes)

    def offered_until(self, now: datetime) -> datetime | None:
        """Until when the next in line may accept a place that is free at `now`; None where it is theirs at once.

        Never beyond the start. It may go beyond the end of promotion: who accepts is not taken by surprise.
        """
        offer = self.policies.offer
        return None if offer is None else min(offer.ends_at(now), self.starts_at)

    def promotes_at(self, now: datetime) -> bool:
        """Whether a place that is free at `now` goes to the next in line."""
        return not self.cancelled and now < self.starts_at - self.promotion_deadline


class BookingStatus(StrEnum):
    """Where a booking stands; a cancelled one never comes back."""

    CONFIRMED = "confirmed"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    """One member's booking of one session; `position` is its place in the session's order of commands.

    `skipped` names why a waiter was passed over; such a waiter keeps the place in line and is looked at again
    when the pass changes. `offered_until` is when the last offer of a place ends, or ended.
    """

    id: BookingId
    member_id: MemberId
    pass_id: PassId
    status: BookingStatus
    position: int
    booked_at: datetime
    promoted_at: datetime | None = None
    cancelled_at: datetime | None = None
    skipped: tuple[RefusalReason, ...] = ()
    offered_until: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether the booking still holds a place or a place in line."""
        return self.status is not BookingStatus.CANCELLED

    @property
    def has_place(self) -> bool:
        """Whether a place is taken by the booking, or kept for its member to accept."""
        return self.status in {BookingStatus.CONFIRMED, BookingStatus.OFFERED}

    def offer_ended_at(self, now: datetime) -> bool:
        """Whether a place was offered for the booking and the time to accept it was over at `now`."""
        return self.offered_until is not None and self.offered_until <= now

    @property
    def waits(self) -> bool:
        """Whether the booking is in line for the next free place."""
        return self.status is BookingStatus.WAITLISTED and not self.skipped


@dataclass(frozen=True, slots=True)
class Pass:
    """A member's right to sessions; `sessions_left` None is unlimited, `trainings` None is all of them."""

    id: PassId
    member_id: MemberId
    active: bool
    sessions_left: int | None
    expires_at: datetime | None
    trainings: frozenset[TrainingId] | None


class MoreFactsNeeded(Exception):  # noqa: N818 - a question to the caller, not a fault
    """The facts at hand end before the decision does: load more and decide again. Nothing was changed."""


class LineContinues(MoreFactsNeeded):
    """The known head of the waitlist is used up, and more people wait behind it."""


class RosterNeeded(MoreFactsNeeded):
    """The command concerns every live booking of the session."""


@dataclass(slots=True)
class Facts:
    """The working set of one batch: the session, its counts, and the bookings and passes the batch touches.

    `booked` counts the places taken: confirmed ones, and those offered to somebody.

    `line` is the known head of the waitlist, in order; `line_known_to` is the last position up to which it is
    complete, or None when all who wait are known. `position` is that of the last applied command.

    `taken` is what stands against the reschedule about to be decided: why, and by which other session. Only a session
    that is exclusive looks.

    `upcoming` holds, of each member who books where there is a limit, when their other sessions of the same training
    start; see `Policies.upcoming_limit`.
    """

    training_session: TrainingSession
    position: int
    booked: int
    waiting: int
    skipped: int
    bookings: dict[BookingId, Booking] = field(default_factory=dict)
    passes: dict[PassId, Pass] = field(default_factory=dict)
    line: list[tuple[int, BookingId]] = field(default_factory=list)
    line_known_to: int | None = None
    roster_known: bool = False
    live: dict[MemberId, BookingId] = field(default_factory=dict)
    taken: dict[RefusalReason, TrainingSessionId] = field(default_factory=dict)
    upcoming: dict[MemberId, tuple[datetime, ...]] = field(default_factory=dict)

    def add_booking(self, booking: Booking) -> None:
        """Make a booking known; one that waits takes its place in the known line. Known ones stay as they are."""
        if booking.id in self.bookings:
            return
        self.bookings[booking.id] = booking
        if booking.is_live:
            self.live[booking.member_id] = booking.id
        if booking.waits:
            self.move_in_line(booking)

    def move_in_line(self, booking: Booking) -> None:
        """Put the booking into the known line, or take it out, as its state asks."""
        place = (booking.position, booking.id)
        at = bisect_left(self.line, place)
        if booking.waits:
            self.line.insert(at, place)
        else:
            del self.line[at]

    def live_booking(self, member_id: MemberId) -> Booking | None:
        """Return the member's live booking of this session, if there is one."""
        booking_id = self.live.get(member_id)
        return None if booking_id is None else self.bookings[booking_id]

    def upcoming_at(self, member_id: MemberId, now: datetime) -> tuple[datetime, ...]:
        """Return which of the member's known upcoming sessions of the training are still to start at `now`."""
        return tuple(start for start in self.upcoming.get(member_id, ()) if start > now)

    def waiters(self, returned: BookingId | None = None) -> Iterator[Booking]:
        """Yield who waits, in order, `returned` among them as if never skipped.

        Raises `LineContinues` where the known line ends but the real one does not.
        """
        line = self.line
        if returned is not None:
            line = sorted([*line, (self.bookings[returned].position, returned)])
        for position, booking_id in line:
            if self.line_known_to is not None and position > self.line_known_to:
                raise LineContinues
            yield self.bookings[booking_id]
        if self.line_known_to is not None:
            raise LineContinues

    def roster(self) -> list[Booking]:
        """Return every live booking in order of position; raise `RosterNeeded` while they are not all known."""
        if not self.roster_known:
            raise RosterNeeded
        return sorted((self.bookings[id_] for id_ in self.live.values()), key=lambda booking: booking.position)
