"""What staff may call things."""

import pytest

from domain.naming import MARKS_MAX, NAME_CHARACTERS_MAX, NameFault, name_fault, tidied


@pytest.mark.parametrize(
    "name", ["Yoga", "Йога для початківців", "瑜伽", "HIIT 45", "O'Neill & Söhne", "👩‍👧 Kinderyoga", "می‌خواهم"]
)
def test_names_of_every_script_are_good(name: str) -> None:
    assert name_fault(tidied(name)) is None


@pytest.mark.parametrize("text", ["", "   ", "\u00a0\u2003", "\u200d", "\u0301"])
def test_what_shows_nothing_is_no_name(text: str) -> None:
    assert name_fault(tidied(text)) is NameFault.EMPTY


@pytest.mark.parametrize(
    "text",
    [
        "Yo\u202ega",
        "Yo\u200bga",
        "Yoga\x00",
        "Yo\u2066ga",
        "\ufeffYoga",
        "\u3164",
        "Yo\ue000ga",
        "Z\u0310\u0311\u0312\u0313\u0314o",
    ],
)
def test_hidden_and_piled_up_characters_are_refused(text: str) -> None:
    assert name_fault(tidied(text)) is NameFault.UNREADABLE


def test_a_letter_has_as_many_marks_as_any_script_needs_and_no_more() -> None:
    marks = "\u0310\u0311\u0312\u0313\u0314"[:MARKS_MAX]

    for name in (f"Z{marks}", f"{marks}Z{marks}o", f"Zo{marks}"):
        assert name_fault(tidied(name)) is None
    assert name_fault(f"Z{marks}\u0315") is NameFault.UNREADABLE


def test_a_name_is_as_long_as_it_may_be_and_no_longer() -> None:
    assert name_fault("a" * NAME_CHARACTERS_MAX) is None
    assert name_fault("a" * (NAME_CHARACTERS_MAX + 1)) is NameFault.TOO_LONG


def test_the_same_name_written_otherwise_is_the_same_name() -> None:
    assert tidied("  Zoe\u0308 \t Raum\n") == tidied("Zoë Raum") == "Zoë Raum"
