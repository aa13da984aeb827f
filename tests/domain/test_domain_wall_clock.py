"""Times on the wall, where the clocks are changed too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.wall_clock import Shown, instant_of

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("local", "instant", "shown"),
    [
        ("2031-03-29T18:00", "2031-03-29T16:00", Shown.ONCE),
        ("2031-03-30T18:00", "2031-03-30T15:00", Shown.ONCE),
        ("2031-03-30T03:30", "2031-03-30T01:30", Shown.NEVER),
        ("2031-10-26T03:30", "2031-10-26T00:30", Shown.TWICE),
        ("2031-10-26T04:00", "2031-10-26T02:00", Shown.ONCE),
    ],
)
def test_a_time_of_the_studio_is_one_instant_whatever_the_clocks_do(local: str, instant: str, shown: Shown) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    found = instant_of(datetime.fromisoformat(local), KYIV)

    assert found == (expected, shown)
    assert found[0].tzinfo is UTC


def test_what_is_skipped_comes_an_hour_later_on_the_clock() -> None:
    instant, _ = instant_of(datetime(2031, 3, 30, 3, 30), KYIV)  # noqa: DTZ001 - a time on the wall

    assert f"{instant.astimezone(KYIV):%H:%M}" == "04:30"
