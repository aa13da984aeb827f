"""How a series repeats, by the ideas of RFC 5545; days and times are those of the studio's clocks."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from domain.wall_clock import Shown

AHEAD = timedelta(days=365)
"""How far ahead a series without an end is planned."""
OCCURRENCES_MAX = 5_000
"""No series plans more sessions at once."""


class Frequency(StrEnum):
    """What is repeated every `interval` times."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a series takes place: on days from `starts_on` to `ends_on`, at each of `times`.

    Weekly on `weekdays` (0 is Monday). Monthly on the `month_day`, or on the `nth` (-1 is the last) of the one weekday;
    a month without that day is passed over. `count` sessions at most; days in `except_on` count, and are left out.
    Without an end it goes on.
    """

    frequency: Frequency
    starts_on: date
    times: tuple[time, ...]
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: int | None = None
    ends_on: date | None = None
    count: int | None = None
    except_on: frozenset[date] = frozenset()

    @property
    def rule(self) -> str:
        """The days as an RRULE, without its end."""
        parts = [f"FREQ={self.frequency.upper()}", f"INTERVAL={self.interval}"]
        if self.weekdays:
            nth = "" if self.nth is None else str(self.nth)
            parts.append("BYDAY=" + ",".join(f"{nth}{WEEKDAYS[day]}" for day in self.weekdays))
        if self.month_day is not None:
            parts.append(f"BYMONTHDAY={self.month_day}")
        return ";".join(parts)

    @classmethod
    def of_rule(
        cls,
        rule: str,
        *,
        starts_on: date = date.min,
        times: tuple[time, ...] = (),
        ends_on: date | None = None,
        count: int | None = None,
        except_on: frozenset[date] = frozenset(),
    ) -> "Recurrence":
        """Return the recurrence whose `rule` is this one."""
        parts = dict(part.split("=", 1) for part in rule.split(";"))
        days = [day for day in parts.get("BYDAY", "").split(",") if day]
        nth = days[0][:-2] if days else ""
        return cls(
            Frequency(parts["FREQ"].lower()),
            starts_on,
            times,
            int(parts["INTERVAL"]),
            weekdays=tuple(WEEKDAYS.index(day[-2:]) for day in days),
            month_day=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
            nth=int(nth) if nth else None,
            ends_on=ends_on,
            count=count,
            except_on=except_on,
        )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a series takes place: on the studio's clocks, as an instant, and how often the clocks show it."""

    local: datetime
    starts_at: datetime
    shown: Shown


def first_overlap(occurrences: list[Occurrence], lasts_minutes: int) -> Occurrence | None:
    """Return the first of these, in their order, that begins before the one before it has ended."""
    for before, after in pairwise(occurrences):
        if (after.starts_at - before.starts_at).total_seconds() < lasts_minutes * 60:
            return after
    return None
