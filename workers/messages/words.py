"""What a notice says to its member, in plain words: those of e-mails, push messages and the inbox alike.

Each kind has one text template, `templates/<kind>.txt`. Blank lines divide what it renders into blocks:

    the subject of an e-mail                                        the first block

    The headline: a title that can stand alone                      the second block

    A paragraph, over as many                                       all further blocks
    lines as are handy.

Within a block, line breaks and indentation come to single spaces; blocks left empty by an `{% if %}` are dropped. So no
name can end a line or a block, since `values` has made each fit for one line. Sentences that several kinds share and
the names of days and months are macros in `templates/phrases.txt`.

These are English. Another language is a folder beside them, `templates/de/`, with the same names inside; a kind that it
lacks is said in English. Only the inbox, which knows who asks, says another language than English: e-mails and push
messages go out when nobody asks, and no member's language is kept.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from storage.told import ToldNotice
from workers.messages.errors import MessageError
from workers.messages.plain import shortened
from workers.messages.rendering import render
from workers.messages.values import Values, template_of, values_of

SUBJECT_CHARACTERS_MAX = 150
HEADLINE_CHARACTERS_MAX = 150
_SUBJECT_AND_HEADLINE = 2
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Words:
    """A message in words: plain text without markup, no line breaks, times in the studio's zone."""

    subject: str
    headline: str
    paragraphs: tuple[str, ...]


def words_for(notice: ToldNotice, *, said_at: datetime | None = None, language: str = "en") -> Words:
    """Return what this notice says, seen from `said_at` (as it is sent) or else from when it was written.

    It says so in `language`, or in English where that has no template of this kind.

    Raises `MessageError` when it lacks what its kind speaks of, or when its template cannot be rendered.
    """
    return words_from(values_of(notice, said_at=said_at), notice, language=language)


def words_from(values: Values, notice: ToldNotice, *, language: str = "en") -> Words:
    """Return what this notice says with these values of it, for whoever needs the values too."""
    template = template_of(notice.kind, language)
    rendered = render(template, values, notice)
    blocks = [" ".join(block.split()) for block in _BLANK_LINES.split(rendered) if not block.isspace() and block]
    if len(blocks) < _SUBJECT_AND_HEADLINE:
        raise MessageError(f"notice {notice.id} ({notice.kind}): {template} gives no subject and headline")
    subject, headline, *paragraphs = blocks
    return Words(
        shortened(subject, SUBJECT_CHARACTERS_MAX), shortened(headline, HEADLINE_CHARACTERS_MAX), tuple(paragraphs)
    )
