"""Whatever people type, it ends no line."""

import pytest

from workers.messages.plain import plain, plain_value, shortened


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Yoga\r\nBcc: thief@example.com", "Yoga Bcc: thief@example.com"),
        (" \t Yoga \x00\x07 for\x1b all\x7f ", "Yoga for all"),
        ("one\u2028two\u2029three\x85four", "one two three four"),
        ("no\u00a0break\u200b\u3000\ufeffspace", "no break space"),
        ("\u202eagoy\u202c", "agoy"),
        ("half a \ud83d character", "half a character"),
        ("👩\u200d🏫 Марія", "👩\u200d🏫 Марія"),
        ("\r\n", ""),
    ],
)
def test_white_space_and_controls_become_single_spaces(typed: str, said: str) -> None:
    assert plain(typed) == said


def test_every_text_inside_a_json_value_is_made_plain() -> None:
    value = {"why": "one\ntwo", "reasons": ["a\tb", 3], "more": {"text": "c\r\nd"}, "number": 1, "nothing": None}

    assert plain_value(value) == {
        "why": "one two",
        "reasons": ["a b", 3],
        "more": {"text": "c d"},
        "number": 1,
        "nothing": None,
    }


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Evening", "Evening"),
        ("Evening yoga", "Evening…"),
        ("Evenings for all", "Evenings…"),
        ("Evening 🧘🏽", "Evening…"),
    ],
)
def test_a_shortened_text_fits_and_says_that_it_was_cut(text: str, cut: str) -> None:
    assert shortened(text, 9) == cut
