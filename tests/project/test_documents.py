"""What the documents promise exists: commands, options, files, links, tests."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from ops.cli import seatline

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
ALL_TESTS = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
RUN_PY_ALONE = {"test", "check", "setup"}


def words_after(text: str, program: str) -> set[str]:
    """Return the words that follow a program's name in a document's commands."""
    return set(re.findall(rf"{re.escape(program)} +([a-z]+)", text))


def test_the_two_commands_of_the_readme_come_first() -> None:
    code = re.findall(r"^    (python3 run\.py.*?) +#", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert code[:2] == ["python3 run.py", "python3 run.py test"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_named_exists(document: Path) -> None:
    text = document.read_text()

    assert words_after(text, "bin/seatline") | words_after(text, "`seatline") <= set(seatline.commands)
    assert words_after(text, "run.py") - RUN_PY_ALONE <= set(seatline.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_file_named_exists(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
    for named in re.findall(r"`((?:api|benchmarks|docs|domain|ops|storage|tests|workers)/[\w/.-]*)`", text):
        assert (ROOT / named).exists(), f"{document.name} names {named}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_a_document_leans_on_exists(document: Path) -> None:
    for named in re.findall(r"`(test_\w+)`", document.read_text()):
        assert f"def {named}(" in ALL_TESTS, f"{document.name} leans on {named}"


def test_every_decision_is_numbered_and_listed() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    index = (ROOT / "docs" / "adr" / "README.md").read_text()

    assert all(int(later[:4]) == int(earlier[:4]) + 1 for earlier, later in pairwise(pages))
    assert all(f"({page})" in index for page in pages)
