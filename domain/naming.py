"""Names that staff give to things: what is left of what was typed, and what makes a name that people cannot read."""

import unicodedata
from enum import StrEnum

NAME_CHARACTERS_MAX = 80
MARKS_MAX = 4  # marks in a row on one letter; every script gets by with fewer

_JOINERS = {"\u200c", "\u200d"}  # shape letters in several scripts, and hold emoji together
_BLANK_LETTERS = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}  # letters by their category, shown as nothing
_NEVER_SHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class NameFault(StrEnum):
    """Why a text is no name."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"


def tidied(text: str) -> str:
    """Return the text in Unicode's composed form (NFC), without spaces around it and with single ones in it."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def name_fault(name: str) -> NameFault | None:
    """Return what is wrong with a tidied name, None for a good one.

    Characters that are not shown, or that turn the direction of the text around them, would let two names look alike
    or a page look broken.
    """
    if len(name) > NAME_CHARACTERS_MAX:
        return NameFault.TOO_LONG
    if any(_is_hidden(character) for character in name) or _marks_in_a_row(name) > MARKS_MAX:
        return NameFault.UNREADABLE
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        return NameFault.EMPTY
    return None


def _is_hidden(character: str) -> bool:
    if character in _JOINERS:
        return False
    return character in _BLANK_LETTERS or unicodedata.category(character) in _NEVER_SHOWN


def _marks_in_a_row(name: str) -> int:
    longest = row = 0
    for character in name:
        row = row + 1 if unicodedata.category(character)[0] == "M" else 0
        longest = max(longest, row)
    return longest
