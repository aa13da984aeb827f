"""How a series repeats is kept as a rule, and read again from it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.series import Frequency, Occurrence, Recurrence, first_overlap
from domain.wall_clock import Shown

DAY, TIMES = date(2031, 3, 3), (time(18),)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "recurrence",
    [
        Recurrence(Frequency.DAILY, DAY, TIMES, 3),
        Recurrence(Frequency.WEEKLY, DAY, TIMES, 2, weekdays=(0, 3)),
        Recurrence(Frequency.MONTHLY, DAY, TIMES, month_day=31, ends_on=date(2031, 12, 31)),
        Recurrence(Frequency.MONTHLY, DAY, TIMES, weekdays=(4,), nth=-1),
        Recurrence(Frequency.MONTHLY, DAY, TIMES, weekdays=(4,), nth=2, count=5, except_on=frozenset({DAY})),
    ],
)
def test_a_rule_is_read_as_what_it_was_made_of(recurrence: Recurrence) -> None:
    read = Recurrence.of_rule(
        recurrence.rule,
        starts_on=DAY,
        times=TIMES,
        ends_on=recurrence.ends_on,
        count=recurrence.count,
        except_on=recurrence.except_on,
    )

    assert read == recurrence


def test_an_occurrence_overlaps_when_it_begins_before_the_one_before_has_ended() -> None:
    noon = datetime(2031, 3, 3, 12, tzinfo=UTC)
    starts = [noon + minutes * MINUTE for minutes in (0, 60, 119)]
    first, second, third = (Occurrence(at.replace(tzinfo=None), at, Shown.ONCE) for at in starts)

    assert first_overlap([first, second], 60) is None
    assert first_overlap([first, second], 61) is second
    assert first_overlap([first, second, third], 60) is third
    assert first_overlap([first], 60) is None
