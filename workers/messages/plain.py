"""Names and sentences of people, made fit for one line of a message."""

import re

SPACES_AND_CONTROLS = re.compile(
    "["
    "\x00-\x20\x7f-\xa0"  # C0 and C1 controls, among them every line break; the space and the no-break space
    "\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"  # other spaces, also those without a width
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u202a-\u202e\u2066-\u2069"  # embeddings and overrides of the writing direction
    "\ud800-\udfff"  # surrogates, which no encoding can write
    "]+"
)
_LEFT_HANGING = " \u200d\ufe0f,;:-"


def plain(text: str) -> str:
    """Return the text on one line: white space and control characters of any kind become single spaces.

    What is left can be put into a header, a line of text or a calendar without ending it. Joiners inside emoji and
    marks of writing direction for single characters stay.
    """
    return SPACES_AND_CONTROLS.sub(" ", text).strip()


def plain_value(value: object) -> object:
    """Return a JSON value with every text in it made `plain`."""
    match value:
        case str():
            return plain(value)
        case list():
            return [plain_value(item) for item in value]
        case dict():
            return {key: plain_value(item) for key, item in value.items()}
        case _:
            return value


def shortened(text: str, characters_max: int) -> str:
    """Return the text with at most this many characters; one that is cut ends with `…`."""
    if len(text) <= characters_max:
        return text
    return text[: characters_max - 1].rstrip(_LEFT_HANGING) + "…"
