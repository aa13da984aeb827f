"""Whether a notice is sent now: each kind against everything that may have happened since it was written."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.channels import SWITCHABLE, Channel, Preferences
from domain.facts import Booking, BookingStatus
from domain.ids import BookingId
from domain.notices import OPEN_KINDS, NoticeKind
from domain.quiet_hours import QuietHours
from domain.refusals import RefusalReason
from domain.sending import BEFORE_THE_START, CAN_WAIT, Drop, Hold, Send, Told, before_sending, moved_on
from tests.builders import NOW, START, TICK, a_member, a_pass, a_training_session, an_id

KYIV = ZoneInfo("Europe/Kyiv")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
EVERYTHING = Preferences(choices={(kind, channel): True for kind in OPEN_KINDS for channel in SWITCHABLE})
"""Wants every kind everywhere, and has the usual quiet hours."""

ENDINGS = {
    NoticeKind.BOOKING_CANCELLED,
    NoticeKind.LEFT_WAITLIST,
    NoticeKind.OFFER_EXPIRED,
    NoticeKind.SESSION_CANCELLED,
}
OF_PASSES = {
    NoticeKind.PASS_RUNNING_LOW,
    NoticeKind.PASS_EXPIRING,
    NoticeKind.PASS_GRANTED,
    NoticeKind.PASS_EXTENDED,
    NoticeKind.PASS_DEACTIVATED,
    NoticeKind.PASS_ACTIVATED,
    NoticeKind.PASS_CHANGED,
    NoticeKind.PASS_REQUEST_DECLINED,
}
OF_WAITERS = {NoticeKind.WAITLISTED, NoticeKind.SKIPPED}
OF_PLACES = set(OPEN_KINDS) - ENDINGS - OF_PASSES

ANN = a_pass("ann", sessions_left=2, expires_at=START + 5 * DAY)


def a_booking(status: BookingStatus, **differences: object) -> Booking:
    usual = Booking(BookingId(an_id("booking")), a_member("ann"), ANN.id, status, position=1, booked_at=NOW)
    return replace(usual, **differences)  # type: ignore[arg-type]


def told(kind: NoticeKind, **differences: object) -> Told:
    """Return a notice of this kind right after it was written: everything is as it says."""
    booking, session = None, None
    if kind not in OF_PASSES - {NoticeKind.PASS_RUNNING_LOW}:
        status = BookingStatus.CONFIRMED
        if kind in OF_WAITERS:
            status = BookingStatus.WAITLISTED
        if kind is NoticeKind.PLACE_OFFERED:
            status = BookingStatus.OFFERED
        if kind in ENDINGS:
            status = BookingStatus.CANCELLED
        skipped = (RefusalReason.PASS_EXHAUSTED,) if kind is NoticeKind.SKIPPED else ()
        offered_until = START if kind is NoticeKind.PLACE_OFFERED else None
        booking = a_booking(status, skipped=skipped, offered_until=offered_until)
        session = a_training_session(cancelled=kind is NoticeKind.SESSION_CANCELLED)
    as_written = Told(
        kind=kind,
        starts_at=None if session is None else session.starts_at,
        expires_at=ANN.expires_at if kind is NoticeKind.PASS_EXPIRING else None,
        booking=booking,
        training_session=session,
        pass_=replace(ANN, active=kind is not NoticeKind.PASS_DEACTIVATED) if kind in OF_PASSES else None,
    )
    return replace(as_written, **differences)  # type: ignore[arg-type]


@pytest.mark.parametrize("unknown", ["booking", "training_session"])
def test_what_speaks_of_nothing_that_is_known_holds(unknown: str) -> None:
    assert moved_on(told(NoticeKind.PROMOTED, **{unknown: None}), now=START) is None


@pytest.mark.parametrize("kind", OPEN_KINDS)
@pytest.mark.parametrize("channel", [*SWITCHABLE, Channel.WEBHOOK])
def test_what_still_holds_is_sent(kind: NoticeKind, channel: Channel) -> None:
    assert before_sending(told(kind), channel, EVERYTHING, zone=KYIV, now=NOW) == Send()


def cancelled(notice: Told) -> Told:
    return replace(notice, booking=a_booking(BookingStatus.CANCELLED, cancelled_at=NOW))


def called_off(notice: Told) -> Told:
    return replace(cancelled(notice), training_session=a_training_session(cancelled=True))


def rescheduled(notice: Told) -> Told:
    return replace(notice, training_session=a_training_session(starts_at=START + HOUR))


def promoted(notice: Told) -> Told:
    return replace(notice, booking=a_booking(BookingStatus.CONFIRMED, promoted_at=NOW))


def offered(notice: Told) -> Told:
    return replace(notice, booking=a_booking(BookingStatus.OFFERED, offered_until=NOW + HOUR))


def lapsed(notice: Told) -> Told:
    return replace(notice, booking=replace(notice.booking, offered_until=NOW)) if notice.booking else notice


def returned(notice: Told) -> Told:
    return replace(notice, booking=a_booking(BookingStatus.WAITLISTED))


MOVED_ON: list[tuple[Callable[[Told], Told], set[NoticeKind], str]] = [
    (cancelled, OF_PLACES, "the booking is cancelled"),
    (called_off, OF_PLACES, "the session is cancelled"),
    (rescheduled, OF_PLACES, "the session was rescheduled"),
    (promoted, OF_WAITERS | {NoticeKind.PLACE_OFFERED}, "the member has a place now"),
    (offered, OF_WAITERS, "a place is offered to the member"),
    (lapsed, {NoticeKind.PLACE_OFFERED}, "the offer has ended"),
    (returned, {NoticeKind.SKIPPED}, "the waiter is back in line"),
]


@pytest.mark.parametrize("kind", OPEN_KINDS)
@pytest.mark.parametrize(("happens", "kinds", "why"), MOVED_ON, ids=[what.__name__ for what, *_ in MOVED_ON])
def test_a_notice_whose_booking_has_moved_on_is_dropped_with_that_reason(
    kind: NoticeKind, happens: Callable[[Told], Told], kinds: set[NoticeKind], why: str
) -> None:
    notice = told(kind)
    if notice.booking is not None:
        notice = happens(notice)

    for channel in SWITCHABLE:
        decided = before_sending(notice, channel, EVERYTHING, zone=KYIV, now=NOW)
        assert decided == (Drop(why) if kind in kinds else Send())


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_from_the_start_on_only_what_stays_true_is_told(kind: NoticeKind) -> None:
    assert moved_on(told(kind), now=START - TICK) is None
    assert moved_on(told(kind), now=START) == ("the session has started" if kind in OF_PLACES else None)


def test_a_notice_that_knows_no_start_is_not_dropped_for_another_one() -> None:
    notice = rescheduled(told(NoticeKind.REMINDER, starts_at=None))

    assert moved_on(notice, now=NOW) is None


PASSES = [
    ({"active": False}, "the pass is not active", "the pass is not active"),
    ({"expires_at": NOW}, "the pass has expired", "the pass has expired"),
    ({"expires_at": START + 30 * DAY}, None, "the pass was extended"),
    ({"expires_at": None}, None, "the pass was extended"),
    ({"sessions_left": 3}, "the pass has more sessions again", None),
    ({"sessions_left": None}, "the pass has more sessions again", None),
    ({"sessions_left": 1}, None, None),
    ({"sessions_left": 0}, None, "nothing is left on the pass"),
]


@pytest.mark.parametrize(("changes", "running_low", "expiring"), PASSES)
def test_a_notice_whose_pass_has_moved_on_is_dropped_with_that_reason(
    changes: dict[str, object], running_low: str | None, expiring: str | None
) -> None:
    pass_ = replace(ANN, **changes)  # type: ignore[arg-type]

    assert moved_on(told(NoticeKind.PASS_RUNNING_LOW, pass_=pass_), now=NOW) == running_low
    assert moved_on(told(NoticeKind.PASS_EXPIRING, pass_=pass_), now=NOW) == expiring
    for kind in (NoticeKind.PASS_GRANTED, NoticeKind.PASS_EXTENDED):
        assert moved_on(told(kind, pass_=pass_), now=NOW) is None


def test_a_pass_that_was_switched_back_meanwhile_is_not_told_of() -> None:
    off = replace(ANN, active=False)

    assert moved_on(told(NoticeKind.PASS_DEACTIVATED, pass_=ANN), now=NOW) == "the pass is active again"
    for kind in (NoticeKind.PASS_ACTIVATED, NoticeKind.PASS_CHANGED):
        assert moved_on(told(kind, pass_=off), now=NOW) == "the pass is not active"


def test_a_pass_expires_at_its_instant_and_not_before() -> None:
    assert ANN.expires_at is not None
    notice = told(NoticeKind.PASS_EXPIRING)

    assert moved_on(notice, now=ANN.expires_at - TICK) is None
    assert moved_on(notice, now=ANN.expires_at) == "the pass has expired"


def test_a_pass_that_is_gone_is_told_of_no_more() -> None:
    assert moved_on(told(NoticeKind.PASS_RUNNING_LOW, pass_=None), now=NOW) == "the pass is not active"


def test_that_a_pass_runs_low_is_told_once_in_a_while_only() -> None:
    again = told(NoticeKind.PASS_RUNNING_LOW, told_before=True)

    assert moved_on(again, now=NOW) == "told a short while ago"


@pytest.mark.parametrize("channel", SWITCHABLE)
def test_what_the_member_does_not_want_is_dropped_for_that_reason_before_any_other(channel: Channel) -> None:
    notice = cancelled(told(NoticeKind.REMINDER))
    other = next(one for one in SWITCHABLE if one is not channel)
    off = Preferences(choices={(NoticeKind.REMINDER, channel): False})

    assert before_sending(notice, channel, off, zone=KYIV, now=NOW) == Drop(
        f"the member does not want this by {channel}"
    )
    assert before_sending(notice, other, off, zone=KYIV, now=NOW) == Drop("the booking is cancelled")


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_operators_are_told_everything_at_once_whatever_has_happened_since(kind: NoticeKind) -> None:
    notice = told(kind, booking=a_booking(BookingStatus.CANCELLED), pass_=None)
    nothing = Preferences(frozenset(SWITCHABLE), quiet_hours=QuietHours(time(1), time(0)))

    assert before_sending(notice, Channel.WEBHOOK, nothing, zone=KYIV, now=START + DAY) == Send()


def in_kyiv(wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=KYIV)


NIGHT, MORNING = in_kyiv("2026-03-03T23:00"), in_kyiv("2026-03-04T08:00")


@pytest.mark.parametrize("kind", OPEN_KINDS)
@pytest.mark.parametrize("channel", SWITCHABLE)
def test_in_quiet_hours_what_can_wait_waits_for_their_end(kind: NoticeKind, channel: Channel) -> None:
    decided = before_sending(told(kind), channel, EVERYTHING, zone=KYIV, now=NIGHT)

    assert decided == (Hold(MORNING, "quiet hours") if kind in CAN_WAIT else Send())
    assert before_sending(told(kind), channel, EVERYTHING, zone=KYIV, now=MORNING) == Send()


def test_reminders_and_news_of_a_place_never_wait() -> None:
    assert not CAN_WAIT & {
        NoticeKind.REMINDER,
        NoticeKind.PROMOTED,
        NoticeKind.SESSION_CANCELLED,
        NoticeKind.SESSION_RESCHEDULED,
    }


@pytest.mark.parametrize("kind", sorted(CAN_WAIT))
def test_whoever_has_no_quiet_hours_waits_for_nothing(kind: NoticeKind) -> None:
    always = replace(EVERYTHING, quiet_hours=None)

    assert before_sending(told(kind), Channel.EMAIL, always, zone=KYIV, now=NIGHT) == Send()


def test_what_no_longer_holds_is_dropped_and_not_held() -> None:
    notice = cancelled(told(NoticeKind.SESSION_UPDATED))

    decided = before_sending(notice, Channel.EMAIL, EVERYTHING, zone=KYIV, now=NIGHT)

    assert decided == Drop("the booking is cancelled")


@pytest.mark.parametrize(
    ("starts_at", "decided"),
    [
        (MORNING + BEFORE_THE_START, Hold(MORNING, "quiet hours")),
        (MORNING + BEFORE_THE_START - TICK, Send()),
    ],
)
def test_an_update_waits_only_if_an_hour_is_left_before_the_start(starts_at: datetime, decided: Send | Hold) -> None:
    session = a_training_session(starts_at=starts_at)
    notice = told(NoticeKind.SESSION_UPDATED, training_session=session, starts_at=starts_at)
    of_the_pass = told(NoticeKind.PASS_RUNNING_LOW, training_session=session, starts_at=starts_at)

    assert before_sending(notice, Channel.PUSH, EVERYTHING, zone=KYIV, now=NIGHT) == decided
    assert before_sending(of_the_pass, Channel.PUSH, EVERYTHING, zone=KYIV, now=NIGHT) == Hold(MORNING, "quiet hours")


@pytest.mark.parametrize(
    ("evening", "morning"),
    [("2026-03-28T23:00", "2026-03-29T08:00"), ("2026-10-24T23:00", "2026-10-25T08:00")],
    ids=["an hour is lost", "an hour comes twice"],
)
def test_held_over_the_night_in_which_clocks_change_it_comes_at_eight_on_the_wall(evening: str, morning: str) -> None:
    notice = told(NoticeKind.PASS_GRANTED)

    decided = before_sending(notice, Channel.EMAIL, EVERYTHING, zone=KYIV, now=in_kyiv(evening))

    assert decided == Hold(in_kyiv(morning), "quiet hours")
