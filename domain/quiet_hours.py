"""Quiet hours: the part of each day in which nothing that can wait disturbs a member."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)
LONGEST = timedelta(hours=26)
"""No quiet time is longer: less than a day on the clock, and clocks are put back by two hours at most."""


def wall_time_between(begins: time, ends: time) -> timedelta:
    """Return how long after one time of day the other comes next, by the clock on the wall; nothing if alike."""
    begin, end = (datetime.combine(date.min, at, UTC) for at in (begins, ends))
    return (end - begin) % A_DAY


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends`, over midnight where `ends` is the earlier; wall-clock times of the studio's zone.

    Both alike would be a whole day or nothing, and is refused with `ValueError`. A time that the clocks skip in spring
    is read by the clock as it was before; of one that they show twice in autumn the first counts.
    """

    begins: time
    ends: time

    def __post_init__(self) -> None:
        if self.begins == self.ends:
            raise ValueError("quiet hours must end at another time than they begin at")

    @property
    def lasts(self) -> timedelta:
        """How long it lasts by the clock on the wall."""
        return wall_time_between(self.begins, self.ends)

    def after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant from `at` on that is not quiet, in UTC."""
        while (quiet := self.around(at, zone)) is not None:
            at = quiet[1]
        return at

    def next_after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return when the next quiet time after `at` begins, in UTC."""
        today = at.astimezone(zone).date()
        begins = (datetime.combine(today + days * A_DAY, self.begins, zone).astimezone(UTC) for days in range(3))
        return next(begin for begin in begins if begin > at)

    def around(self, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """Return the quiet time that `at` lies in, as [begin, end) in UTC; None when `at` is not quiet."""
        today = at.astimezone(zone).date()
        for day in (today - A_DAY, today):
            last = day if self.begins < self.ends else day + A_DAY
            begin = datetime.combine(day, self.begins, zone).astimezone(UTC)
            end = datetime.combine(last, self.ends, zone).astimezone(UTC)
            if begin <= at < end:
                return begin, end
        return None


USUAL_QUIET_HOURS = QuietHours(time(22), time(8))
"""What holds for a member who never chose."""
