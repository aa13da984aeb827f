"""When a booking is looked at, and which reminder a look finds due."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.quiet_hours import LONGEST, USUAL_QUIET_HOURS, QuietHours
from domain.reminders import LEAD_MINUTES_MAX, Look, Reminder, first_look_at, leads_from, look
from tests.builders import NOW, START, TICK

KYIV = ZoneInfo("Europe/Kyiv")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
LONG, SHORT = DAY, 2 * HOUR
USUAL = (LONG, SHORT)


def looked(
    now: datetime,
    *,
    since: datetime | None = None,
    leads: tuple[timedelta, ...] = USUAL,
    quiet_hours: QuietHours | None = None,
    confirmed_at: datetime = START - 5 * DAY,
    zone: ZoneInfo = KYIV,
    starts_at: datetime = START,
) -> Look:
    return look(
        starts_at=starts_at,
        leads=leads,
        quiet_hours=quiet_hours,
        zone=zone,
        since=since or now,
        confirmed_at=confirmed_at,
        now=now,
    )


def in_kyiv(wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=KYIV)


def test_the_first_look_comes_before_the_longest_lead_and_any_quiet_hours() -> None:
    assert first_look_at(START, USUAL, now=START - 10 * DAY) == START - LONG - LONGEST


def test_a_place_given_later_is_looked_at_once() -> None:
    assert first_look_at(START, USUAL, now=START - HOUR) == START - HOUR


@pytest.mark.parametrize(("leads", "now"), [((), NOW), (USUAL, START), (USUAL, START + TICK)])
def test_without_leads_and_after_the_start_nobody_looks(leads: tuple[timedelta, ...], now: datetime) -> None:
    assert first_look_at(START, leads, now=now) is None


def test_a_look_before_all_reminders_only_says_when_the_first_is_due() -> None:
    assert looked(START - LONG - TICK) == Look(None, START - LONG)


def test_at_its_instant_a_reminder_is_due_and_the_next_one_awaited() -> None:
    moment = START - LONG

    assert looked(moment) == Look(Reminder(LONG, moment, moment), START - SHORT)


def test_after_the_last_reminder_nobody_looks_again() -> None:
    moment = START - SHORT

    assert looked(moment) == Look(Reminder(SHORT, moment, moment), None)


def test_once_the_session_has_started_nothing_is_due() -> None:
    assert looked(START, since=START - SHORT) == Look(None, None)


def test_of_several_due_after_an_outage_only_the_last_is_sent() -> None:
    seen = looked(START - HOUR, since=START - LONG)

    assert seen == Look(Reminder(SHORT, START - SHORT, START - SHORT), None)


def test_one_held_up_by_an_outage_is_sent_late() -> None:
    seen = looked(START - 5 * HOUR, since=START - LONG)

    assert seen == Look(Reminder(LONG, START - LONG, START - LONG), START - SHORT)


def test_what_was_due_before_it_was_to_be_looked_at_is_not_sent() -> None:
    moved_at = START - LONG + TICK

    assert looked(moved_at + HOUR, since=moved_at) == Look(None, START - SHORT)


def test_who_got_the_place_late_is_reminded_of_the_short_lead_only() -> None:
    confirmed_at = START - 10 * HOUR

    assert looked(confirmed_at, confirmed_at=confirmed_at) == Look(None, START - SHORT)
    assert looked(START - SHORT, confirmed_at=confirmed_at).reminder == Reminder(SHORT, START - SHORT, START - SHORT)


def test_who_got_the_place_in_the_moment_of_a_reminder_is_reminded() -> None:
    assert looked(START - SHORT, confirmed_at=START - SHORT).reminder == Reminder(SHORT, START - SHORT, START - SHORT)


def test_who_got_the_place_after_the_last_lead_is_not_reminded() -> None:
    confirmed_at = START - HOUR

    assert looked(confirmed_at, confirmed_at=confirmed_at) == Look(None, None)


def test_a_moment_in_quiet_hours_is_brought_forward_to_their_begin() -> None:
    starts_at = in_kyiv("2026-03-05T09:00")
    before_the_night = in_kyiv("2026-03-04T22:00")

    early = looked(in_kyiv("2026-03-04T09:00"), quiet_hours=USUAL_QUIET_HOURS, starts_at=starts_at, leads=(SHORT,))
    due = looked(before_the_night, quiet_hours=USUAL_QUIET_HOURS, starts_at=starts_at, leads=(SHORT,))

    assert early == Look(None, before_the_night)
    assert due == Look(Reminder(SHORT, starts_at - SHORT, before_the_night), None)


def test_the_end_of_quiet_hours_is_not_quiet() -> None:
    starts_at = in_kyiv("2026-03-05T10:00")

    seen = looked(in_kyiv("2026-03-05T08:00"), quiet_hours=USUAL_QUIET_HOURS, starts_at=starts_at, leads=(SHORT,))

    assert seen.reminder == Reminder(SHORT, in_kyiv("2026-03-05T08:00"), in_kyiv("2026-03-05T08:00"))


def test_two_brought_forward_to_the_same_instant_are_one_the_last() -> None:
    starts_at = in_kyiv("2026-03-05T08:30")

    seen = looked(
        in_kyiv("2026-03-04T22:00"), quiet_hours=USUAL_QUIET_HOURS, starts_at=starts_at, leads=(4 * HOUR, SHORT)
    )

    assert seen == Look(Reminder(SHORT, starts_at - SHORT, in_kyiv("2026-03-04T22:00")), None)


def test_who_got_the_place_in_quiet_hours_is_not_reminded_in_them() -> None:
    starts_at = in_kyiv("2026-03-05T09:00")
    confirmed_at = in_kyiv("2026-03-04T23:00")

    seen = looked(confirmed_at, confirmed_at=confirmed_at, starts_at=starts_at, quiet_hours=USUAL_QUIET_HOURS)

    assert seen == Look(None, None)


def test_when_quiet_hours_begin_earlier_than_thought_the_reminder_goes_out_at_once() -> None:
    starts_at = in_kyiv("2026-03-05T09:00")
    chosen_at = in_kyiv("2026-03-04T22:30")

    seen = looked(chosen_at, starts_at=starts_at, leads=(SHORT,), quiet_hours=USUAL_QUIET_HOURS)

    assert seen == Look(Reminder(SHORT, starts_at - SHORT, in_kyiv("2026-03-04T22:00")), None)


@pytest.mark.parametrize(
    ("zone", "starts", "reminded"),
    [
        ("Europe/Kyiv", "2026-03-29T09:00", "2026-03-28T08:00"),
        ("Europe/Kyiv", "2026-10-25T09:00", "2026-10-24T10:00"),
        ("America/New_York", "2026-03-08T09:00", "2026-03-07T08:00"),
        ("America/New_York", "2026-11-01T09:00", "2026-10-31T10:00"),
        ("Australia/Lord_Howe", "2026-10-04T09:00", "2026-10-03T08:30"),
        ("Australia/Lord_Howe", "2026-04-05T09:00", "2026-04-04T09:30"),
    ],
)
def test_a_day_before_is_twenty_four_hours_whatever_the_clocks_do(zone: str, starts: str, reminded: str) -> None:
    studio = ZoneInfo(zone)
    starts_at, moment = (datetime.fromisoformat(wall).replace(tzinfo=studio) for wall in (starts, reminded))

    seen = look(
        starts_at=starts_at.astimezone(ZoneInfo("UTC")),
        leads=[LONG],
        quiet_hours=None,
        zone=studio,
        since=starts_at.astimezone(ZoneInfo("UTC")) - 3 * DAY,
        confirmed_at=starts_at.astimezone(ZoneInfo("UTC")) - 3 * DAY,
        now=starts_at.astimezone(ZoneInfo("UTC")) - 3 * DAY,
    )

    assert seen.again_at == moment


@pytest.mark.parametrize(
    ("starts", "hours"), [("2026-03-29T08:30", 9.5), ("2026-10-25T08:30", 11.5)], ids=["spring", "autumn"]
)
def test_a_reminder_goes_out_before_the_night_in_which_clocks_change(starts: str, hours: float) -> None:
    starts_at = datetime.fromisoformat(starts).replace(tzinfo=KYIV).astimezone(ZoneInfo("UTC"))

    seen = looked(
        starts_at - DAY, starts_at=starts_at, leads=(HOUR,), quiet_hours=QuietHours(time(22), time(8)), zone=KYIV
    )

    assert seen.again_at == starts_at - timedelta(hours=hours)


def test_leads_come_longest_first() -> None:
    assert leads_from([120, 1440]) == (1440, 120)
    assert leads_from([]) == ()
    assert leads_from([1, 2, 3, 4, LEAD_MINUTES_MAX]) == (LEAD_MINUTES_MAX, 4, 3, 2, 1)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ([0], "from 1 to 20160 minutes"),
        ([120, -5], "not -5"),
        ([LEAD_MINUTES_MAX + 1], "not 20161"),
        ([60, 120, 60], "60 minutes before the start come twice"),
        ([1, 2, 3, 4, 5, 6], "At most 5 reminders"),
    ],
)
def test_leads_that_make_no_sense_are_refused_in_words(minutes: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        leads_from(minutes)
