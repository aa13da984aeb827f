"""The schedule of faults: the same for the same seed, all over in time, never two of them on one target."""

from itertools import combinations

import pytest

from ops.chaos.faults import FAULTS
from ops.chaos.plan import prolonged, schedule


def test_the_same_seed_gives_the_same_faults_and_another_gives_others() -> None:
    faults = list(FAULTS.values())

    assert schedule(7, 30, faults) == schedule(7, 30, faults)
    assert schedule(7, 30, faults) != schedule(8, 30, faults)


@pytest.mark.parametrize("seed", range(20))
def test_no_target_is_hit_by_two_at_once_and_all_is_over_in_time(seed: int) -> None:
    strikes = schedule(seed, 40, list(FAULTS.values()))

    assert all(strike.at > 0 and strike.ends <= 40 for strike in strikes)
    assert [strike.at for strike in strikes] == sorted(strike.at for strike in strikes)
    for one, other in combinations(strikes, 2):
        assert one.target != other.target or one.ends <= other.at or other.ends <= one.at


@pytest.mark.parametrize("seed", range(20))
def test_in_forty_seconds_nearly_every_fault_comes_and_in_two_minutes_each(seed: int) -> None:
    faults = list(FAULTS.values())

    assert len({strike.fault.name for strike in schedule(seed, 40, faults)}) > len(faults) * 3 / 4
    assert {strike.fault.name for strike in schedule(seed, 120, faults)} == set(FAULTS)


def test_a_fault_can_last_for_a_minute() -> None:
    (strike,) = schedule(1, 65, [prolonged(FAULTS["redis-refuses"], 60)])

    assert strike.seconds == 60
    assert prolonged(FAULTS["redis-wiped"], 60) == FAULTS["redis-wiped"], "what is over at once stays so"


def test_a_run_without_faults_has_none() -> None:
    assert schedule(1, 10, []) == []


def test_every_fault_says_what_it_does() -> None:
    assert all(fault.meaning.endswith(".") and "\n" not in fault.meaning for fault in FAULTS.values())
