"""Times on the wall as instants: what the studio's clocks show, on the days when they are changed too."""

from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class Shown(StrEnum):
    """How often the studio's clocks show a time on its day."""

    ONCE = "once"
    NEVER = "never"
    TWICE = "twice"


def instant_of(local: datetime, zone: ZoneInfo) -> tuple[datetime, Shown]:
    """Return the instant, in UTC, at which the clocks show this time (without a zone), and how often they do.

    As in RFC 5545 a time that is skipped is read by the clock as it was before, so that 02:30 comes to be 03:30, and of
    one that is shown twice the first counts.
    """
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    shown = Shown.ONCE
    if first.utcoffset() != second.utcoffset():
        shown = Shown.TWICE if first.utcoffset() > second.utcoffset() else Shown.NEVER  # type: ignore[operator]
    return first.astimezone(UTC), shown
