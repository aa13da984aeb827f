"""Instants as people in the studio read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant on the studio's calendar and clock; templates choose the words.

    `weekday` counts from 0 for Monday, `month` from 1. `clock` is cut to whole minutes, so it never says a later time
    than meant. `zone` tells the two apart where the clocks show a time twice, and is empty everywhere else.
    `other_year` and `days_ahead` are seen from the day on which it is said.
    """

    year: int
    month: int
    day: int
    weekday: int
    clock: str
    zone: str
    other_year: bool
    days_ahead: int


@dataclass(frozen=True)
class StudioTime:
    """The calendar and clock of the studio's zone, seen from `said_at`."""

    zone: ZoneInfo
    said_at: datetime

    @cached_property
    def _today(self) -> datetime:
        return self.said_at.astimezone(self.zone)

    def at(self, instant: datetime | str) -> Moment:
        """Return the instant, given as such or in ISO 8601 with its offset, as the studio reads it."""
        return self._moment(_instant(instant))

    def last_valid(self, expires_at: datetime | str) -> tuple[Moment, bool]:
        """Return the end of what is void from `expires_at` on, and whether it holds for that whole day.

        A pass that expires at midnight is valid on the day before to the end; one that expires at 15:00 on that day
        until then.
        """
        expiry = _instant(expires_at)
        last = self._moment(expiry - _TICK)
        end = self._moment(expiry)
        whole_day = (last.year, last.month, last.day) != (end.year, end.month, end.day)
        return (last if whole_day else end), whole_day

    def _moment(self, instant: datetime) -> Moment:
        local = instant.astimezone(self.zone)
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        return Moment(
            year=local.year,
            month=local.month,
            day=local.day,
            weekday=local.weekday(),
            clock=f"{local.hour:02}:{local.minute:02}",
            zone=(local.tzname() or "") if twice else "",
            other_year=local.year != self._today.year,
            days_ahead=local.toordinal() - self._today.toordinal(),
        )


def _instant(value: datetime | str) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if instant.tzinfo is None:
        raise ValueError(f"{value} names no offset from UTC, so nobody knows when it is")
    return instant
