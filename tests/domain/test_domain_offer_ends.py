"""Until when an offer stands: by itself, and with a pause in which the time stands still."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.policies import PAUSE_MAX, Offer
from domain.quiet_hours import QuietHours

NIGHT = QuietHours(time(22), time(8))


@pytest.mark.parametrize(
    ("made_at", "ends_at"),
    [
        ("2026-03-02T12:00", "2026-03-02T13:00"),
        ("2026-03-02T21:00", "2026-03-02T22:00"),
        ("2026-03-02T21:01", "2026-03-03T08:01"),
        ("2026-03-02T22:00", "2026-03-03T09:00"),
        ("2026-03-03T03:00", "2026-03-03T09:00"),
        ("2026-03-03T08:00", "2026-03-03T09:00"),
    ],
)
def test_in_the_pause_the_time_to_accept_stands_still(made_at: str, ends_at: str) -> None:
    offer = Offer(60, NIGHT)

    assert offer.ends_at(datetime.fromisoformat(made_at).replace(tzinfo=UTC)) == datetime.fromisoformat(
        ends_at
    ).replace(tzinfo=UTC)


def test_the_pause_is_by_the_studios_clocks_and_a_long_offer_spans_several() -> None:
    # 13:00 in Kyiv; nine hours until 22:00 there, then fifteen from 08:00 on make it another night.
    assert Offer(1440, NIGHT, "Europe/Kyiv").ends_at(datetime(2026, 3, 2, 11, tzinfo=UTC)) == datetime(
        2026, 3, 4, 7, tzinfo=UTC
    )


@pytest.mark.parametrize("minutes", [0, -1, 1441])
def test_an_offer_stands_for_a_minute_to_a_day(minutes: int) -> None:
    with pytest.raises(ValueError, match="1 to 1440 minutes"):
        Offer(minutes)
    assert {Offer(1).minutes, Offer(1440).minutes} == {1, 1440}


def test_a_pause_leaves_time_in_each_day() -> None:
    assert Offer(30, QuietHours(time(16), time(8))).pause is not None
    with pytest.raises(ValueError, match="at most 16 hours"):
        Offer(30, QuietHours(time(15, 59), time(8)))
    assert timedelta(hours=16) == PAUSE_MAX
