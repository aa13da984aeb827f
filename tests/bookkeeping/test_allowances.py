"""What is taken and made good of an allowance, by a clock that the test sets."""

import pytest

from api import allowances
from api.allowances import Allowance
from tests.clock import Clock


def test_all_of_it_may_be_taken_at_once_and_then_no_more(clock: Clock) -> None:
    allowance = Allowance(3, 60, clock)

    assert [allowance.take("nina") for _ in range(3)] == [0.0] * 3
    assert allowance.take("nina") == pytest.approx(20)


def test_it_is_made_good_steadily(clock: Clock) -> None:
    allowance = Allowance(3, 60, clock)
    for _ in range(3):
        allowance.take("nina")

    clock.at += 19.9
    assert allowance.take("nina") == pytest.approx(0.1)
    clock.at += 0.1
    assert allowance.take("nina") == 0.0
    assert allowance.take("nina") == pytest.approx(20)
    clock.at += 1000
    assert [allowance.take("nina") > 0 for _ in range(4)] == [False, False, False, True]


def test_who_is_refused_has_taken_nothing(clock: Clock) -> None:
    allowance = Allowance(2, 60, clock)
    for _ in range(100):
        allowance.take("nina")

    clock.at += 30

    assert allowance.take("nina") == 0.0


@pytest.mark.parametrize("most", [7, 60, 600, 999])
def test_so_many_are_so_many_however_they_divide_the_time(clock: Clock, most: int) -> None:
    allowance = Allowance(most, 60, clock)

    assert [allowance.take("nina") == 0.0 for _ in range(most + 1)] == [True] * most + [False]


def test_each_key_has_its_own(clock: Clock) -> None:
    allowance = Allowance(1, 60, clock)

    assert [allowance.take(key) > 0 for key in ("nina", "olha", "nina")] == [False, False, True]


def test_what_is_given_back_may_be_taken_again(clock: Clock) -> None:
    allowance = Allowance(1, 60, clock)
    allowance.take("nina")

    allowance.give_back("nina")

    assert allowance.take("nina") == 0.0
    allowance.give_back("nobody")


def test_who_has_made_good_what_they_took_is_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances, "FORGET_AFTER", 11)
    allowance = Allowance(2, 60, clock)
    for number in range(10):
        allowance.take(number)
    clock.at += 29
    for _ in range(2):
        allowance.take("nina")
    clock.at += 2

    assert allowance.take("olha") == 0.0

    assert len(allowance._whole_at) == 2
    assert allowance.take("nina") > 0
