"""Instants are said by the studio's calendar and clock, also around the days on which clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.notices import NoticeKind
from tests.messages.telling import a_told_notice
from workers.messages import words_for
from workers.messages.times import StudioTime

KYIV = ZoneInfo("Europe/Kyiv")
"""Clocks go forward on 29 March 2026, 03:00, and back on 25 October, 04:00."""


def kyiv(said_at: str = "2026-03-02T12:00:00+00:00") -> StudioTime:
    return StudioTime(KYIV, datetime.fromisoformat(said_at))


@pytest.mark.parametrize(
    ("instant", "clock"),
    [
        ("2026-03-28T18:00:00+00:00", "20:00"),
        ("2026-03-29T18:00:00+00:00", "21:00"),
        ("2026-10-24T18:00:00+00:00", "21:00"),
        ("2026-10-25T18:00:00+00:00", "20:00"),
    ],
)
def test_the_clock_is_that_of_winter_or_summer_by_the_day_of_the_session(instant: str, clock: str) -> None:
    assert kyiv().at(instant).clock == clock


@pytest.mark.parametrize(
    ("instant", "zone"),
    [
        ("2026-10-25T00:30:00+00:00", "EEST"),
        ("2026-10-25T01:30:00+00:00", "EET"),
        ("2026-10-25T02:30:00+00:00", ""),
        ("2026-03-29T01:30:00+00:00", ""),
    ],
)
def test_a_time_that_the_clocks_show_twice_names_its_zone(instant: str, zone: str) -> None:
    assert kyiv().at(instant).zone == zone


def test_days_ahead_count_midnights_of_the_studio_not_hours() -> None:
    late_evening = kyiv("2026-03-28T21:30:00+00:00")  # 23:30, the night before the clocks change

    days = [
        late_evening.at(f"2026-03-{instant}:00+00:00").days_ahead for instant in ("28T21:59", "28T22:00", "29T21:00")
    ]

    assert days == [0, 1, 2]


def test_a_year_is_another_one_by_the_studio_s_calendar() -> None:
    new_years_eve = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)  # midnight in Kyiv

    assert kyiv().at(new_years_eve).other_year
    assert not kyiv("2026-12-31T22:00:00+00:00").at(new_years_eve).other_year


def test_a_clock_is_never_later_than_meant() -> None:
    assert kyiv().at("2026-03-05T18:00:59.999999+00:00").clock == "20:00"


@pytest.mark.parametrize(
    ("expires_at", "month", "day"),
    [
        ("2026-01-31T22:00:00+00:00", 1, 31),  # winter: midnight is 22:00 UTC
        ("2026-03-28T22:00:00+00:00", 3, 28),  # the night of the change
        ("2026-03-31T21:00:00+00:00", 3, 31),  # summer
        ("2026-10-25T22:00:00+00:00", 10, 25),
    ],
)
def test_a_pass_that_expires_at_midnight_is_valid_on_the_whole_day_before(
    expires_at: str, month: int, day: int
) -> None:
    last, whole_day = kyiv().last_valid(expires_at)

    assert (last.month, last.day, whole_day) == (month, day, True)


def test_a_day_ends_where_the_next_begins_though_the_clocks_skip_its_midnight() -> None:
    cairo = StudioTime(ZoneInfo("Africa/Cairo"), datetime(2026, 4, 1, tzinfo=UTC))

    last, whole_day = cairo.last_valid("2026-04-23T22:00:00+00:00")  # 24 April begins at 01:00

    assert (last.day, whole_day) == (23, True)


def test_a_pass_that_expires_during_a_day_is_valid_until_that_time() -> None:
    last, whole_day = kyiv().last_valid("2026-03-31T13:30:00+00:00")

    assert (last.day, last.clock, whole_day) == (31, "16:30", False)


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        kyiv().at("2026-03-31T13:30:00")


def test_a_reminder_that_goes_out_after_midnight_no_longer_says_tomorrow() -> None:
    notice = a_told_notice(NoticeKind.REMINDER, starts_at=datetime(2026, 3, 5, 18, tzinfo=UTC))

    on_the_eve = words_for(notice, said_at=datetime(2026, 3, 4, 18, tzinfo=UTC)).headline
    on_the_day = words_for(notice, said_at=datetime(2026, 3, 5, 3, tzinfo=UTC)).headline

    assert "tomorrow, Thu 5 March" in on_the_eve
    assert "today, Thu 5 March" in on_the_day
