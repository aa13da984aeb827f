"""The lane protocol, tried in every order in which its steps can happen; and the mistakes it must not be built with."""

import pytest

from tests.simulation.explore import Explored, explore
from tests.simulation.lane_model import Mutant, State

STARTS = {
    "three commands": State(to_accept=3),
    "sweeps at any time": State(to_accept=2, sweeps=1),
    "a process dies": State(to_accept=2, crashes=1),
    "Redis is wiped": State(to_accept=2, wipes=1),
}


def told(found: Explored) -> str:
    """Return what is wrong and the way there, for whoever has to mend it."""
    return "" if found.broken is None else "\n".join((found.broken[0], *found.broken[1]))


@pytest.mark.parametrize("name", STARTS)
def test_whatever_happens_in_whatever_order_each_command_is_applied_once(name: str) -> None:
    found = explore(STARTS[name])

    assert found.broken is None, told(found)
    assert found.interleavings > 1_000_000


@pytest.mark.parametrize("mutant", Mutant)
def test_a_known_mistake_is_found(mutant: Mutant) -> None:
    assert any(explore(start, mutant).broken for start in STARTS.values())
