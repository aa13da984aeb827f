"""How a series repeats is kept as a rule, and read again from it."""

from datetime import date, time

import pytest

from domain.series import Frequency, Recurrence

DAY, TIMES = date(2031, 3, 3), (time(18),)


@pytest.mark.parametrize(
    "recurrence",
    [
        Recurrence(Frequency.DAILY, DAY, TIMES, 3),
        Recurrence(Frequency.WEEKLY, DAY, TIMES, 2, weekdays=(0, 3)),
        Recurrence(Frequency.MONTHLY, DAY, TIMES, month_day=31),
        Recurrence(Frequency.MONTHLY, DAY, TIMES, weekdays=(4,), nth=-1),
        Recurrence(Frequency.MONTHLY, DAY, TIMES, weekdays=(4,), nth=2, count=5, except_on=frozenset({DAY})),
    ],
)
def test_a_rule_is_read_as_what_it_was_made_of(recurrence: Recurrence) -> None:
    read = Recurrence.of_rule(
        recurrence.rule, starts_on=DAY, times=TIMES, count=recurrence.count, except_on=recurrence.except_on
    )

    assert read == recurrence
