from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.attendance import NEAR, AtTheDoor, at_the_door
from domain.facts import BookingStatus
from tests.builders import START, TICK, a_training_session

KYIV = ZoneInfo("Europe/Kyiv")  # START is at 20:00 there
LASTS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - NEAR, AtTheDoor.WELCOME),
        (START - NEAR - TICK, AtTheDoor.NOT_NOW),
        (START + LASTS - TICK, AtTheDoor.WELCOME),
        (START + LASTS, AtTheDoor.NOT_NOW),
        (START - timedelta(hours=20), AtTheDoor.NOT_NOW),
        (START - timedelta(hours=20) - TICK, AtTheDoor.OTHER_DAY),
        (START + timedelta(hours=4), AtTheDoor.OTHER_DAY),
    ],
)
def test_a_place_is_for_its_hour_and_otherwise_for_its_day_by_the_studios_calendar(
    now: datetime, expected: AtTheDoor
) -> None:
    assert at_the_door(a_training_session(), BookingStatus.CONFIRMED, now=now, time_zone=KYIV) is expected


@pytest.mark.parametrize(
    ("status", "cancelled", "expected"),
    [
        (BookingStatus.CANCELLED, False, AtTheDoor.BOOKING_CANCELLED),
        (BookingStatus.WAITLISTED, False, AtTheDoor.STILL_WAITS),
        (BookingStatus.CANCELLED, True, AtTheDoor.SESSION_CANCELLED),
    ],
)
def test_without_a_place_nobody_comes_in(status: BookingStatus, expected: AtTheDoor, *, cancelled: bool) -> None:
    session = a_training_session(cancelled=cancelled)

    said = at_the_door(session, status, now=START, time_zone=KYIV)

    assert said is expected
    assert not said.may_come_in
    assert AtTheDoor.NOT_NOW.may_come_in, "at another time of the day it is for staff to judge"


def test_a_session_around_midnight_is_near_although_its_day_has_not_begun() -> None:
    after_midnight = a_training_session(starts_at=datetime(2026, 3, 5, 22, 30, tzinfo=START.tzinfo))

    said = at_the_door(
        after_midnight, BookingStatus.CONFIRMED, now=after_midnight.starts_at - timedelta(hours=1), time_zone=KYIV
    )

    assert said is AtTheDoor.WELCOME
