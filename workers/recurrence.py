"""When a series takes place, one by one; the days are found by dateutil, as RFC 5545 has them."""

from collections.abc import Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from domain.series import OCCURRENCES_MAX, Occurrence, Recurrence
from domain.wall_clock import instant_of


class TooManyError(Exception):
    """More occurrences than a series may have."""


def occurrences(recurrence: Recurrence, zone: ZoneInfo, *, through: date, after: datetime) -> list[Occurrence]:
    """Return when the series takes place up to and including the day `through`, after the instant `after`.

    18:00 stays 18:00 whatever the clocks do. What exceeds `OCCURRENCES_MAX` raises `TooManyError`.
    """
    found = []
    for local in _locals(recurrence, through):
        if local.date() in recurrence.except_on:
            continue
        starts_at, shown = instant_of(local, zone)
        if starts_at > after:
            found.append(Occurrence(local, starts_at, shown))
        if len(found) > OCCURRENCES_MAX:
            raise TooManyError
    # A time that the clocks skip may come to lie behind the next one.
    return sorted(found, key=lambda one: one.starts_at)


def reaches_its_count(recurrence: Recurrence, *, through: date) -> bool:
    """Whether all sessions of a series with a `count` lie on or before the day `through`."""
    return sum(1 for _ in _locals(recurrence, through)) == recurrence.count


def _locals(recurrence: Recurrence, through: date) -> Iterator[datetime]:
    last = through if recurrence.ends_on is None else min(through, recurrence.ends_on)
    number = 0
    for day in rrulestr(recurrence.rule, dtstart=datetime.combine(recurrence.starts_on, time())):
        if day.date() > last:
            return
        for at in sorted(recurrence.times):
            if number == recurrence.count:
                return
            number += 1
            yield datetime.combine(day, at)
