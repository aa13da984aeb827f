import json
from datetime import timedelta

from domain.commands import (
    AcceptedCommand,
    BookForMember,
    CancelForMember,
    CancelSession,
    ChangeCapacity,
    ClearBookings,
    ReconsiderWaitlist,
    RescheduleSession,
)
from domain.facts import Facts, Pass
from domain.ids import BookingId, SpaceId
from domain.notices import NOT_OF_COMMANDS, Notice, NoticeKind, notices_for
from domain.outcomes import Failed
from tests.builders import (
    HALL,
    NOW,
    SEATLINE,
    START,
    TRAINER,
    a_pass,
    a_training_session,
    an_id,
    asked,
    booking_of,
    books,
    cancels,
    facts_of,
    play,
)

ANN = a_pass("ann")
BEN = a_pass("ben")
CAT = a_pass("cat")
EMPTY = a_pass("dan", sessions_left=0)
ONE_PLACE = a_training_session(capacity=1)


def told(facts: Facts, accepted: AcceptedCommand) -> tuple[Notice, ...]:
    outcome = play(facts, accepted)
    notices = notices_for(facts, accepted, outcome)
    json.dumps([notice.details for notice in notices])
    return notices


def notice(kind: NoticeKind, pass_: Pass, **details: object) -> Notice:
    return Notice(kind, pass_.member_id, booking_of(pass_), details)


def test_a_booked_member_hears_that_the_place_is_theirs() -> None:
    asking = books(ANN)

    assert told(facts_of(passes=[ANN]), asking) == (
        Notice(NoticeKind.BOOKING_CONFIRMED, ANN.member_id, BookingId(asking.id), {}),
    )


def test_a_member_booked_by_staff_hears_it_and_not_the_staff() -> None:
    asking = asked(BookForMember(ANN.member_id, ANN.id, why="by phone"))

    (only,) = told(facts_of(passes=[ANN]), asking)

    assert (only.kind, only.member_id) == (NoticeKind.BOOKING_CONFIRMED, ANN.member_id)


def test_a_waitlisted_member_hears_the_place_in_line() -> None:
    asking = books(ANN)

    assert told(facts_of(ONE_PLACE, confirmed=[BEN], waiting=[CAT], passes=[ANN]), asking) == (
        Notice(NoticeKind.WAITLISTED, ANN.member_id, BookingId(asking.id), {"place_in_line": 2}),
    )


def test_a_cancellation_tells_the_one_who_left_the_skipped_and_the_promoted() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[EMPTY, BEN, CAT])

    assert told(facts, cancels(ANN)) == (
        notice(NoticeKind.BOOKING_CANCELLED, ANN, by="member", why=""),
        notice(NoticeKind.SKIPPED, EMPTY, reasons=["pass_exhausted"]),
        notice(NoticeKind.PROMOTED, BEN),
    )


def test_who_leaves_the_line_hears_it() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    assert told(facts, cancels(BEN)) == (notice(NoticeKind.LEFT_WAITLIST, BEN, by="member", why=""),)


def test_a_member_cancelled_by_staff_hears_why_and_the_promoted_does_not() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    assert told(facts, asked(CancelForMember(booking_of(ANN), why="unpaid"))) == (
        notice(NoticeKind.BOOKING_CANCELLED, ANN, by="staff", why="unpaid"),
        notice(NoticeKind.PROMOTED, BEN),
    )


def test_a_cancelled_session_tells_everybody_on_it_why_and_only_once() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN], skipped=[CAT])

    assert told(facts, asked(CancelSession("no heating"))) == tuple(
        notice(NoticeKind.SESSION_CANCELLED, pass_, by="session", why="no heating") for pass_ in (ANN, BEN, CAT)
    )
    assert told(facts, asked(CancelSession("no heating"))) == ()


def test_a_cleared_session_tells_everybody_what_ended_and_why() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    assert told(facts, asked(ClearBookings("no heating"))) == (
        notice(NoticeKind.BOOKING_CANCELLED, ANN, by="staff", why="no heating"),
        notice(NoticeKind.LEFT_WAITLIST, BEN, by="staff", why="no heating"),
    )


def test_a_moved_session_tells_everybody_on_it_the_new_time() -> None:
    later = START + timedelta(days=1)
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN], skipped=[CAT])

    notices = told(facts, asked(RescheduleSession(later, 60, TRAINER, HALL)))

    assert [(each.kind, each.member_id) for each in notices] == [
        (NoticeKind.SESSION_RESCHEDULED, pass_.member_id) for pass_ in (ANN, BEN, CAT)
    ]
    free_until = (NOW + timedelta(days=1)).isoformat()
    details = {"starts_at": later.isoformat(), "free_cancelling_until": free_until}
    assert [each.details for each in notices] == [details] * 3


def test_who_is_promoted_by_a_move_hears_of_both() -> None:
    facts = facts_of(ONE_PLACE, waiting=[BEN])
    move = RescheduleSession(START + timedelta(days=1), 60, TRAINER, HALL)

    kinds = [each.kind for each in told(facts, asked(move, at=START - timedelta(minutes=1)))]

    assert kinds == [NoticeKind.SESSION_RESCHEDULED, NoticeKind.PROMOTED]


def test_another_space_tells_everybody_of_an_update() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN])

    notices = told(facts, asked(RescheduleSession(START, 60, TRAINER, SpaceId(an_id("space garden")))))

    assert notices == (notice(NoticeKind.SESSION_UPDATED, ANN), notice(NoticeKind.SESSION_UPDATED, BEN))


def test_a_raised_capacity_tells_only_those_it_moves() -> None:
    facts = facts_of(ONE_PLACE, confirmed=[ANN], waiting=[BEN, CAT])

    assert told(facts, asked(ChangeCapacity(2))) == (notice(NoticeKind.PROMOTED, BEN),)


def test_a_waiter_who_comes_back_into_line_hears_only_of_a_place() -> None:
    usable = a_pass("dan", sessions_left=1)

    in_line = facts_of(ONE_PLACE, confirmed=[ANN], skipped=[usable])
    with_a_place = facts_of(ONE_PLACE, skipped=[usable])

    assert told(in_line, asked(ReconsiderWaitlist(usable.id), by=SEATLINE)) == ()
    assert told(with_a_place, asked(ReconsiderWaitlist(usable.id), by=SEATLINE)) == (
        notice(NoticeKind.PROMOTED, usable),
    )


def test_a_refusal_and_a_fault_tell_nobody() -> None:
    facts = facts_of(confirmed=[ANN])

    assert told(facts, books(ANN)) == ()
    assert notices_for(facts, books(ANN), Failed("a fault")) == ()


def low(pass_: Pass, booking_id: BookingId) -> Notice:
    return Notice(NoticeKind.PASS_RUNNING_LOW, pass_.member_id, booking_id, {"sessions_left": 2}, pass_.id)


def test_the_charge_that_leaves_two_sessions_tells_of_it_and_no_other() -> None:
    for before, notices in ((4, 1), (3, 2), (2, 1), (1, 1), (None, 1)):
        pass_ = a_pass("dan", sessions_left=before)
        asking = books(pass_)

        kinds = told(facts_of(passes=[pass_]), asking)

        assert len(kinds) == notices
        assert (low(pass_, BookingId(asking.id)) in kinds) == (before == 3)


def test_who_is_promoted_hears_after_it_that_the_pass_runs_low() -> None:
    waiter = a_pass("dan", sessions_left=3)

    notices = told(facts_of(ONE_PLACE, confirmed=[ANN], waiting=[waiter]), cancels(ANN))

    assert notices[1:] == (notice(NoticeKind.PROMOTED, waiter), low(waiter, booking_of(waiter)))


def test_a_place_in_line_and_a_refund_take_nothing_from_a_pass() -> None:
    three, two = a_pass("dan", sessions_left=3), a_pass("eve", sessions_left=1)

    joined = told(facts_of(ONE_PLACE, confirmed=[ANN], passes=[three]), books(three))
    cancelled = told(facts_of(ONE_PLACE, confirmed=[two]), cancels(two))

    assert [each.kind for each in joined] == [NoticeKind.WAITLISTED]
    assert [each.kind for each in cancelled] == [NoticeKind.BOOKING_CANCELLED]


def test_kinds_the_clock_and_the_studio_cause_are_told_by_no_command() -> None:
    assert {
        NoticeKind.REMINDER,
        NoticeKind.PASS_EXPIRING,
        NoticeKind.PASS_GRANTED,
        NoticeKind.PASS_EXTENDED,
        NoticeKind.PASS_DEACTIVATED,
        NoticeKind.PASS_ACTIVATED,
        NoticeKind.PASS_CHANGED,
        NoticeKind.PASS_REQUEST_DECLINED,
        NoticeKind.PASSWORD_RESET,
        NoticeKind.INVITATION,
    } == NOT_OF_COMMANDS
