"""Every command has a kind, a rule, a route (or a reason for having none) and a test."""

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from domain import decide
from domain.commands import KINDS, Command

ROOT = Path(__file__).parents[2]
ROUTES = "".join(path.read_text() for path in (ROOT / "api" / "routes").glob("*.py"))
TESTS = {path: path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)}

NO_ROUTE_EVER = {
    "ReconsiderWaitlist": "only Seatline itself asks this",
    "ExpireOffers": "only Seatline itself asks this",
}

COMMANDS = [shape.__name__ for shape in KINDS.values()]


def test_every_command_has_a_kind() -> None:
    assert set(KINDS.values()) == set(get_args(Command))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_rule(name: str) -> None:
    assert re.search(rf"case [^:]*\b{name}\(", inspect.getsource(decide))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_route_or_a_reason(name: str) -> None:
    has_route = f"{name}(" in ROUTES
    assert has_route != (name in NO_ROUTE_EVER)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_tested_by_the_rules_and_on_a_real_database(name: str) -> None:
    for folder in ("domain", "integration"):
        assert any(name in text for path, text in TESTS.items() if folder in path.parts), f"no test in tests/{folder}"
