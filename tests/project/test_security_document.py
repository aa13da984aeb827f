"""docs/security.md: behind each line stands a test, and it is there."""

import re

import pytest

from tests.project.deployment import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
HEAD = "| against | stands | held by |"
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)
}


def lines() -> dict[str, str]:
    """Return what each line is against, with what holds it."""
    found: dict[str, str] = {}
    for table in TEXT.split(HEAD)[1:]:
        for line in table.strip().splitlines()[1:]:
            if not line.startswith("|"):
                break
            against, _stands, held_by = (cell.strip() for cell in line.strip().strip("|").split(" | "))
            assert against not in found, against
            found[against] = held_by
    return found


def test_the_document_has_lines() -> None:
    assert TEXT.count(HEAD) == 7
    assert len(lines()) > 40


@pytest.mark.parametrize("against", lines())
def test_a_line_is_held_by_tests_and_each_exists(against: str) -> None:
    named = re.findall(r"`(test_\w+)`", lines()[against])

    assert named, "nothing holds this line: write the test first"
    assert [name for name in named if name not in TESTS] == []
