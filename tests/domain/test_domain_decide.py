from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from domain.commands import (
    KINDS,
    AcceptOffer,
    Actor,
    BookForMember,
    BookSeat,
    CancelBooking,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ChangesTheSession,
    ClearBookings,
    Command,
    ExpireOffers,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.decide import decide
from domain.facts import BookingStatus
from domain.outcomes import Applied, Refused
from domain.refusals import RefusalReason
from tests.builders import (
    HALL,
    SEATLINE,
    STAFF,
    START,
    TRAINER,
    a_member,
    a_pass,
    a_training_session,
    asked,
    booking_of,
    facts_of,
)

ANN = a_pass("ann")
BEN = a_pass("ben")
CAT = a_pass("cat")
ANN_HERSELF = Actor(ANN.member_id)
BEN_HIMSELF = Actor(BEN.member_id)

ONE_OF_EACH: dict[type[Command], tuple[Command, list[Actor], list[Actor]]] = {
    BookSeat: (BookSeat(BEN.id), [BEN_HIMSELF, Actor(BEN.member_id, is_staff=True)], [SEATLINE]),
    CancelBooking: (CancelBooking(booking_of(ANN)), [ANN_HERSELF], [SEATLINE]),
    AcceptOffer: (AcceptOffer(booking_of(ANN)), [ANN_HERSELF, STAFF], [SEATLINE]),
    BookForMember: (BookForMember(BEN.member_id, BEN.id, "by phone"), [STAFF], [ANN_HERSELF, BEN_HIMSELF, SEATLINE]),
    CancelForMember: (CancelForMember(booking_of(ANN), "ill"), [STAFF], [ANN_HERSELF, SEATLINE]),
    ChangeCapacity: (ChangeCapacity(3), [STAFF], [ANN_HERSELF, SEATLINE]),
    RescheduleSession: (
        RescheduleSession(START + timedelta(days=1), 60, TRAINER, HALL),
        [STAFF],
        [ANN_HERSELF, SEATLINE],
    ),
    ClearBookings: (ClearBookings("ill"), [STAFF], [ANN_HERSELF, SEATLINE]),
    CancelSession: (CancelSession("ill"), [STAFF], [ANN_HERSELF, SEATLINE]),
    ReconsiderWaitlist: (ReconsiderWaitlist(CAT.id), [SEATLINE], [ANN_HERSELF, STAFF]),
    ExpireOffers: (ExpireOffers(), [SEATLINE], [ANN_HERSELF, STAFF]),
}
"""For each kind: an example, who may ask for it, and who may not."""


def test_each_kind_of_command_has_an_example_and_a_stable_name() -> None:
    assert set(ONE_OF_EACH) == set(get_args(Command)) == set(KINDS.values())
    assert set(KINDS) == {
        "book_seat",
        "cancel_booking",
        "accept_offer",
        "book_for_member",
        "cancel_for_member",
        "change_capacity",
        "reschedule_session",
        "clear_bookings",
        "cancel_session",
        "reconsider_waitlist",
        "expire_offers",
    }


def test_the_commands_that_change_the_session_are_known() -> None:
    assert set(get_args(ChangesTheSession)) == {ChangeCapacity, RescheduleSession, ClearBookings, CancelSession}


@pytest.mark.parametrize("kind", ONE_OF_EACH, ids=lambda kind: kind.__name__)
def test_only_those_who_may_ask_are_heard(kind: type[Command]) -> None:
    command, allowed, not_allowed = ONE_OF_EACH[kind]
    facts = facts_of(confirmed=[ANN], skipped=[CAT], passes=[BEN])
    if kind is AcceptOffer:
        booking = facts.bookings[booking_of(ANN)]
        facts.bookings[booking.id] = replace(booking, status=BookingStatus.OFFERED, offered_until=START)

    for actor in allowed:
        assert isinstance(decide(facts, asked(command, by=actor)), Applied)
    for actor in not_allowed:
        assert decide(facts, asked(command, by=actor)) == Refused((RefusalReason.NOT_PERMITTED,))


def test_whoever_may_not_ask_learns_nothing_else() -> None:
    facts = facts_of(a_training_session(cancelled=True))

    outcome = decide(facts, asked(ChangeCapacity(3), by=a_member("ann")))

    assert outcome == Refused((RefusalReason.NOT_PERMITTED,))


@pytest.mark.parametrize("kind", ONE_OF_EACH, ids=lambda kind: kind.__name__)
def test_deciding_changes_nothing_and_gives_the_same_answer_again(kind: type[Command]) -> None:
    command, allowed, _ = ONE_OF_EACH[kind]
    facts = facts_of(a_training_session(capacity=1), confirmed=[ANN], waiting=[a_pass("dan")], skipped=[CAT])
    facts.passes[BEN.id] = BEN
    before = deepcopy(facts)
    accepted = asked(command, by=allowed[0])

    first = decide(facts, accepted)

    assert facts == before
    assert decide(facts, accepted) == first
