"""Who came: what staff note of a confirmed booking, and whether somebody at the door belongs to what begins now."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.facts import BookingStatus, TrainingSession

NEAR = timedelta(hours=2)
"""So long before the start, and until the end, a session is the one people come for."""


class Attendance(StrEnum):
    """What staff note."""

    PRESENT = "present"
    LATE = "late"
    NO_SHOW = "no_show"


class AtTheDoor(StrEnum):
    """What can be said to a member who shows the code of a booking."""

    WELCOME = "welcome"
    NOT_NOW = "not_now"
    OTHER_DAY = "other_day"
    SESSION_CANCELLED = "session_cancelled"
    BOOKING_CANCELLED = "booking_cancelled"
    STILL_WAITS = "still_waits"

    @property
    def may_come_in(self) -> bool:
        """Whether staff may check in: at another time of the day it is theirs to judge."""
        return self in {AtTheDoor.WELCOME, AtTheDoor.NOT_NOW}


def at_the_door(
    training_session: TrainingSession, status: BookingStatus, *, now: datetime, time_zone: ZoneInfo
) -> AtTheDoor:
    """Say whether whoever holds this booking comes at the right time, by the studio's calendar."""
    starts_at = training_session.starts_at
    if training_session.cancelled:
        return AtTheDoor.SESSION_CANCELLED
    if status is BookingStatus.CANCELLED:
        return AtTheDoor.BOOKING_CANCELLED
    if status is not BookingStatus.CONFIRMED:
        return AtTheDoor.STILL_WAITS
    ends_at = starts_at + timedelta(minutes=training_session.lasts_minutes)
    if starts_at - NEAR <= now < ends_at:
        return AtTheDoor.WELCOME
    is_today = starts_at.astimezone(time_zone).date() == now.astimezone(time_zone).date()
    return AtTheDoor.NOT_NOW if is_today else AtTheDoor.OTHER_DAY
