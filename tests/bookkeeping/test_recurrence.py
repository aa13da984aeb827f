"""When a series takes place."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.series import Frequency, Recurrence, first_overlap
from domain.wall_clock import Shown
from workers.recurrence import TooManyError, occurrences

KYIV = ZoneInfo("Europe/Kyiv")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def found(frequency: str, *, through: str = "2031-12-31", after: datetime = LONG_AGO, **values: Any) -> Any:
    values.setdefault("starts_on", date(2031, 3, 3))  # a Monday
    values.setdefault("times", (time(18),))
    recurrence = Recurrence(Frequency(frequency), **values)
    return occurrences(recurrence, KYIV, through=date.fromisoformat(through), after=after)


def days(frequency: str, **values: Any) -> list[str]:
    return [f"{one.local:%m-%d}" for one in found(frequency, **values)]


@pytest.mark.parametrize(
    ("frequency", "values", "expected"),
    [
        ("daily", {"count": 3}, ["03-03", "03-04", "03-05"]),
        ("daily", {"count": 3, "interval": 10}, ["03-03", "03-13", "03-23"]),
        ("weekly", {"count": 4, "weekdays": (0, 2)}, ["03-03", "03-05", "03-10", "03-12"]),
        ("weekly", {"count": 3, "weekdays": (6,), "interval": 2}, ["03-09", "03-23", "04-06"]),
        ("monthly", {"count": 3, "month_day": 31}, ["03-31", "05-31", "07-31"]),
        ("monthly", {"count": 3, "weekdays": (1,), "nth": 2}, ["03-11", "04-08", "05-13"]),
        ("monthly", {"count": 2, "weekdays": (4,), "nth": -1}, ["03-28", "04-25"]),
        ("daily", {"ends_on": date(2031, 3, 5)}, ["03-03", "03-04", "03-05"]),
        ("daily", {"through": "2031-03-04"}, ["03-03", "03-04"]),
        ("daily", {"ends_on": date(2031, 3, 2)}, []),
        ("daily", {"count": 3, "except_on": frozenset({date(2031, 3, 4)})}, ["03-03", "03-05"]),
        ("daily", {"count": 3, "times": (time(18), time(7))}, ["03-03", "03-03", "03-04"]),
    ],
)
def test_a_rule_has_these_days(frequency: str, values: dict[str, Any], expected: list[str]) -> None:
    assert days(frequency, **values) == expected


def test_the_time_on_the_clock_stays_when_the_clocks_are_changed() -> None:
    starts = found("weekly", weekdays=(5, 6), starts_on=date(2031, 3, 29), count=2)

    assert [f"{one.local:%H:%M}" for one in starts] == ["18:00", "18:00"]
    assert [one.starts_at.hour for one in starts] == [16, 15]


def test_a_time_that_the_clocks_skip_comes_later_and_one_they_show_twice_is_the_first() -> None:
    spring = found("daily", starts_on=date(2031, 3, 30), count=1, times=(time(3, 30),))
    autumn = found("daily", starts_on=date(2031, 10, 26), count=1, times=(time(3, 30),))

    assert [(one.shown, one.starts_at) for one in spring] == [(Shown.NEVER, datetime(2031, 3, 30, 1, 30, tzinfo=UTC))]
    assert [(one.shown, one.starts_at) for one in autumn] == [(Shown.TWICE, datetime(2031, 10, 26, 0, 30, tzinfo=UTC))]


def test_what_is_past_is_left_out_and_still_counts() -> None:
    assert days("daily", count=3, after=datetime(2031, 3, 3, 17, tzinfo=UTC)) == ["03-04", "03-05"]


def test_more_than_may_be_is_refused() -> None:
    with pytest.raises(TooManyError):
        found("daily", times=tuple(time(hour) for hour in range(20)), through="2033-01-01")


def test_times_that_run_into_each_other_are_found() -> None:
    both = found("daily", count=2, times=(time(18), time(18, 45)))
    skipped = found("daily", starts_on=date(2031, 3, 30), count=2, times=(time(3, 30), time(4, 15)))

    assert first_overlap(both, 45) is None
    assert first_overlap(both, 46) is both[1]
    assert first_overlap(skipped, 30) is skipped[1], "04:15 is run into by what was 03:30"
