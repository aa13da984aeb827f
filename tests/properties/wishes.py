"""Lists of commands of every kind: drawn as wishes, and made into commands while they are carried out."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from domain.commands import (
    AcceptedCommand,
    AcceptOffer,
    Actor,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    Command,
    ExpireOffers,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.facts import BookingStatus, Pass
from domain.ids import BookingId, TrainingSessionId
from tests.builders import NOW, SEATLINE, STAFF, asked
from tests.properties.memory_store import MemoryStore, SessionRow
from tests.properties.world import SESSION_IDS, SPACES, TRAINERS, minutes

KINDS = (
    *["book"] * 8,
    *["cancel"] * 6,
    *["reconsider"] * 2,
    *["capacity"] * 2,
    *["accept"] * 3,
    *["expire"] * 2,
    "staff books",
    "staff cancels",
    "move",
    "clear",
    "call off",
)


@dataclass(frozen=True)
class Wish:
    """What somebody wants; the numbers choose among what there is when its turn comes."""

    kind: str
    session: int
    number: int
    other: int
    after: timedelta


wishes = st.lists(
    st.builds(
        Wish,
        kind=st.sampled_from(KINDS),
        session=st.integers(0, 1),
        number=st.integers(0, 9),
        other=st.integers(0, 9),
        after=minutes(0, 0, 0, 0, 0, 0, 1, 5, 25),
    ),
    min_size=15,
    max_size=60,
)

MORNING = [Wish("book", number % 2, number - number % 2, 1, timedelta(0)) for number in range(10)]
"""How each day begins: every member wants a place in both sessions, for the better of their two passes."""


def carried_out(wished: list[Wish], store: MemoryStore) -> list[AcceptedCommand]:
    """Carry the wishes out in the store, one at a time and knowing everything; return the commands they became."""
    now = NOW
    made: dict[TrainingSessionId, list[BookingId]] = {id_: [] for id_ in SESSION_IDS}
    commands: list[AcceptedCommand] = []
    for wish in [*MORNING, *wished]:
        now += wish.after
        row = store.sessions[SESSION_IDS[wish.session]]
        command, actor = _asked_for(wish, row, list(store.passes.values()), made[row.opening.id])
        accepted = asked(command, by=actor, at=now, training_session=row.opening)
        made[row.opening.id].append(BookingId(accepted.id))
        commands.append(accepted)
        store.serve_knowing_everything(accepted)
    return commands


def _asked_for(wish: Wish, row: SessionRow, passes: list[Pass], made: list[BookingId]) -> tuple[Command, Actor]:
    pass_ = passes[wish.number]
    match wish.kind:
        case "book":
            return BookSeat(pass_.id), Actor(pass_.member_id)
        case "staff books":
            return BookForMember(pass_.member_id, pass_.id, "by phone"), STAFF
        case "reconsider":
            skipped = [booking.pass_id for booking in row.live() if booking.skipped] or [pass_.id]
            return ReconsiderWaitlist(skipped[wish.other % len(skipped)]), SEATLINE
        case "capacity":
            return ChangeCapacity(1 + wish.other % 4), STAFF
        case "move":
            starts_at = row.opening.starts_at + timedelta(minutes=30 * wish.number)
            return RescheduleSession(starts_at, 60, TRAINERS[wish.other % 2], SPACES[wish.other // 5]), STAFF
        case "expire":
            return ExpireOffers(), SEATLINE
        case "clear" if wish.other < 6:
            return ClearBookings("ill", refund=wish.other < 3), STAFF
        case "call off" if wish.other < 3:
            return CancelSession("ill"), STAFF
        case _:
            return _ending(wish, row, pass_, made)


def _ending(wish: Wish, row: SessionRow, pass_: Pass, made: list[BookingId]) -> tuple[Command, Actor]:
    """End a live booking, the first or another, for its owner mostly; sometimes one that may be gone or never was."""
    live = row.live()
    if not live or wish.other == 0:
        booking_id = made[-1 - wish.number % len(made)] if made else BookingId(row.opening.id)
        return CancelBooking(booking_id), Actor(pass_.member_id)
    offered = [booking for booking in live if booking.status is BookingStatus.OFFERED]
    if wish.kind == "accept" and offered:
        return AcceptOffer(offered[0].id), Actor(offered[0].member_id) if wish.other % 2 else STAFF
    booking = live[wish.number % len(live)] if wish.number % 2 else live[0]
    if wish.kind == "staff cancels":
        return CancelForMember(booking.id, "ill", refund=wish.other % 2 == 0), STAFF
    return CancelBooking(booking.id), Actor(booking.member_id)
