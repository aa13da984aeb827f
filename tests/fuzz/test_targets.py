"""Every target of the fuzzer, for a moment: its seeds, what was found before, and what Hypothesis makes of them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS

FOUND = Path(__file__).parent / "found"


def found() -> list[tuple[str, Path]]:
    return [(name, path) for name in TARGETS for path in sorted((FOUND / name).glob("*"))]


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_seeds_and_holds_for_them(name: str) -> None:
    assert SEEDS[name]
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@pytest.mark.parametrize(("name", "path"), found(), ids=lambda value: getattr(value, "name", value))
def test_what_was_found_once_stays_mended(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_what_is_like_its_seeds(name: str) -> None:
    @settings(max_examples=300, derandomize=True, deadline=None, database=None)
    @given(
        seed=st.sampled_from(SEEDS[name]),
        cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.binary(max_size=8)), max_size=4),
    )
    def check(seed: bytes, cuts: list[tuple[float, int, bytes]]) -> None:
        data = seed
        for where, length, put in cuts:
            at = int(where * len(data))
            data = data[:at] + put + data[at + length :]
        TARGETS[name](data)

    check()
