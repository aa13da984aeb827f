"""Quiet hours: the part of each day in which nothing that can wait disturbs a member."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)
LONGEST = timedelta(hours=26)
"""No quiet time is longer: less than a day on the clock, and clocks are put back by two hours at most."""


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
