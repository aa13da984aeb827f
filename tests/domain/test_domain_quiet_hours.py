"""Quiet hours on ordinary days, over midnight, and in the nights in which clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.quiet_hours import USUAL_QUIET_HOURS, QuietHours
from tests.builders import TICK

KYIV = ZoneInfo("Europe/Kyiv")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")

NAP = QuietHours(time(13), time(15))
NIGHT = USUAL_QUIET_HOURS


def clock(zone: ZoneInfo, wall: str, *, second: bool = False) -> datetime:
    """The instant at which the zone's clocks show this, for the first or the second time."""
    return datetime.fromisoformat(wall).replace(tzinfo=zone, fold=int(second)).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "begins", "ends"),
    [
        (NAP, "2026-03-02T13:00", "2026-03-02T15:00"),
        (NIGHT, "2026-03-02T22:00", "2026-03-03T08:00"),
        (QuietHours(time(22), time(13)), "2026-03-02T22:00", "2026-03-03T13:00"),
    ],
    ids=["within a day", "over midnight", "into the next day's afternoon"],
)
def test_quiet_is_from_the_first_instant_to_before_the_last(quiet: QuietHours, begins: str, ends: str) -> None:
    begin, end = clock(KYIV, begins), clock(KYIV, ends)

    for at in (begin, begin + TICK, end - TICK):
        found = quiet.around(at, KYIV)
        assert found == (begin, end)
        assert {instant.tzinfo for instant in found or ()} == {UTC}
    for at in (begin - TICK, end):
        assert quiet.around(at, KYIV) is None


def test_the_same_instant_may_be_quiet_in_one_zone_only() -> None:
    evening_in_kyiv = clock(KYIV, "2026-03-02T23:00")

    assert NIGHT.around(evening_in_kyiv, KYIV) is not None
    assert NIGHT.around(evening_in_kyiv, NEW_YORK) is None


def test_the_next_quiet_time_is_the_one_that_begins_later() -> None:
    before, begins = clock(KYIV, "2026-03-02T21:59"), clock(KYIV, "2026-03-02T22:00")
    a_day_later = clock(KYIV, "2026-03-03T22:00")

    assert NIGHT.next_after(before, KYIV) == begins
    assert NIGHT.next_after(begins, KYIV) == NIGHT.next_after(begins + TICK, KYIV) == a_day_later
    assert NIGHT.next_after(clock(KYIV, "2026-03-03T00:30"), KYIV) == a_day_later
    assert NIGHT.next_after(before, KYIV).tzinfo is UTC


def test_quiet_hours_that_end_as_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^quiet hours must end at another time than they begin at$"):
        QuietHours(time(22), time(22))


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        (KYIV, "2026-03-28T22:00", 9),
        (KYIV, "2026-10-24T22:00", 11),
        (NEW_YORK, "2026-03-07T22:00", 9),
        (NEW_YORK, "2026-10-31T22:00", 11),
        (LORD_HOWE, "2026-04-04T22:00", 10.5),
        (LORD_HOWE, "2026-10-03T22:00", 9.5),
    ],
)
def test_a_night_in_which_the_clocks_change_lasts_to_the_same_time_on_the_wall(
    zone: ZoneInfo, evening: str, hours: float
) -> None:
    begin = clock(zone, evening)

    quiet = NIGHT.around(begin, zone)

    assert quiet == (begin, begin + timedelta(hours=hours))
    assert quiet[1].astimezone(zone).time() == time(8)


def test_a_begin_that_the_clocks_skip_is_read_by_the_clock_as_it_was() -> None:
    quiet = QuietHours(time(3, 30), time(9))
    begin = utc("2026-03-29T01:30")  # 3:30 by winter time, when the clocks of Kyiv show 4:30

    assert quiet.around(begin, KYIV) == (begin, clock(KYIV, "2026-03-29T09:00"))
    assert quiet.around(begin - TICK, KYIV) is None


def test_an_end_that_the_clocks_skip_is_read_by_the_clock_as_it_was() -> None:
    quiet = QuietHours(time(22), time(2, 15))
    end = utc("2026-10-03T15:45")  # 2:15 by the half hour that Lord Howe skips: its clocks show 2:45

    assert quiet.around(end - TICK, LORD_HOWE) == (clock(LORD_HOWE, "2026-10-03T22:00"), end)
    assert quiet.around(end, LORD_HOWE) is None


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    quiet = QuietHours(time(1, 30), time(9))
    first, second = (clock(NEW_YORK, "2026-11-01T01:30", second=second) for second in (False, True))
    ends_early = QuietHours(time(22), time(1, 30))

    assert second - first == timedelta(hours=1)
    assert quiet.around(second, NEW_YORK) == (first, clock(NEW_YORK, "2026-11-01T09:00"))
    assert ends_early.around(first - TICK, NEW_YORK) is not None
    assert ends_early.around(first, NEW_YORK) is None


def test_quiet_hours_that_the_clocks_skip_come_by_the_clock_as_it_was() -> None:
    quiet = QuietHours(time(3, 15), time(3, 45))  # on 29 March the clocks of Kyiv go from 3:00 to 4:00

    assert quiet.around(utc("2026-03-29T01:20"), KYIV) == (utc("2026-03-29T01:15"), utc("2026-03-29T01:45"))
