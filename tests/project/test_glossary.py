"""Every word the code stands on has its line in the glossary."""

from pathlib import Path
from typing import get_args

import pytest

from domain.commands import KINDS
from domain.events import Event
from domain.facts import BookingStatus
from domain.notices import NoticeKind
from domain.outcomes import CommandStatus
from domain.password_links import LinkEnding
from domain.refusals import RefusalReason

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
WORDS = [
    *(shape.__name__ for shape in KINDS.values()),
    *KINDS,
    *(event.__name__ for event in get_args(Event)),
    *BookingStatus,
    *CommandStatus,
    *LinkEnding,
    *NoticeKind,
    *RefusalReason,
]


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_knows(word: str) -> None:
    assert f"`{word}`" in GLOSSARY, f"docs/glossary.md has no line for {word}"
