"""Quiet hours against a walk from minute to minute, around the nights in which clocks change."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.policies import PAUSE_MAX, Offer
from domain.quiet_hours import LONGEST, QuietHours

MINUTE = timedelta(minutes=1)
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Asia/Beirut", "America/Nuuk",
        "Pacific/Chatham", "UTC",
    )
]  # fmt: skip
"""Clocks that change by an hour, by half an hour, by two; at midnight, before it, at a quarter to; never."""

walls = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
quiet_hours = st.tuples(walls, walls).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))


@cache
def changes_of(zone: ZoneInfo) -> list[datetime]:
    """The hours of 2026 before the zone's clocks change; any one of a zone whose clocks never do."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 365)]
    offsets = [at.astimezone(zone).utcoffset() for at in hours]
    return [at for at, now, then in zip(hours, offsets, offsets[1:], strict=False) if now != then] or hours[:1]


@cache
def walk(zone: ZoneInfo, around: datetime) -> dict[datetime, datetime]:
    """Walk ten days minute by minute; return the first instant of each time on the wall.

    A time that the wall skips comes where the clock would have shown it, had it not been put forward.
    """
    comes: dict[datetime, datetime] = {}
    expected = (around - timedelta(days=5)).astimezone(zone).replace(tzinfo=None)
    for at in (around + MINUTE * minute for minute in range(-5 * 24 * 60, 5 * 24 * 60)):
        shown = at.astimezone(zone).replace(tzinfo=None)
        for skipped in range((shown - expected) // MINUTE):
            comes.setdefault(expected + skipped * MINUTE, at + skipped * MINUTE)
        comes.setdefault(shown, at)
        expected = shown + MINUTE
    return comes


@given(data=st.data(), zone=st.sampled_from(ZONES), quiet=quiet_hours)
def test_around_agrees_with_a_walk_from_minute_to_minute(
    data: st.DataObject, zone: ZoneInfo, quiet: QuietHours
) -> None:
    change = data.draw(st.sampled_from(changes_of(zone)))
    at = change + data.draw(st.integers(-36 * 60, 36 * 60)) * MINUTE
    comes = walk(zone, change)

    spans = []
    for day in (at.date() + timedelta(days=days) for days in (-2, -1, 0, 1)):
        last = day if quiet.begins < quiet.ends else day + timedelta(days=1)
        spans.append((comes[datetime.combine(day, quiet.begins)], comes[datetime.combine(last, quiet.ends)]))
    expected = next(((begin, end) for begin, end in spans if begin <= at < end), None)

    assert quiet.around(at, zone) == expected
    assert expected is None or expected[1] - expected[0] <= LONGEST


@given(data=st.data(), zone=st.sampled_from(ZONES), quiet=quiet_hours, minutes=st.integers(1, 300))
def test_an_offer_stands_for_just_so_many_minutes_that_are_not_quiet(
    data: st.DataObject, zone: ZoneInfo, quiet: QuietHours, minutes: int
) -> None:
    assume(quiet.lasts <= PAUSE_MAX)
    made_at = data.draw(st.sampled_from(changes_of(zone))) + data.draw(st.integers(-36 * 60, 36 * 60)) * MINUTE

    ends_at = Offer(minutes, quiet, zone.key).ends_at(made_at)

    at, counted = made_at, 0
    while counted < minutes:
        counted += quiet.around(at, zone) is None
        at += MINUTE
    assert ends_at == at
