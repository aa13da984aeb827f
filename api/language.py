"""The language people are spoken to in: the one they chose, or the first their browser asks for that is spoken here.

English is what stands in templates and code. Every other language is a gettext catalogue,
`locale/<language>/LC_MESSAGES/messages.po`; what it lacks is said in English. Codes, names and what the studio itself
wrote are never translated.
"""

from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import cast

from babel.core import negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, has_request_context, request

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
"""The languages that are spoken here, each with its name in itself."""
COOKIE = "seatline_language"
CATALOGUES = Path(__file__).parent / "locale"

_LAST_TEENS = frozenset({11, 12, 13})
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def language() -> str:
    """Return the language of this request; English outside of one."""
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        chosen = request.cookies.get(COOKIE)
        # A tag is the same in any case (RFC 5646, section 2.1.1), and babel returns it in the asker's.
        asked = [name.lower() for name, quality in request.accept_languages if quality > 0]
        g.language = chosen if chosen in LANGUAGES else negotiate_locale(asked, LANGUAGES, sep="-") or ENGLISH
    return cast("str", g.language)


def gettext(text: str) -> str:
    """Return an English text in the language of this request."""
    return _translations(language()).gettext(text)


def ngettext(one: str, several: str, number: int) -> str:
    """Return the text for this number, in the language of this request."""
    return _translations(language()).ngettext(one, several, number)


def pgettext(context: str, text: str) -> str:
    """Return a text whose meaning hangs on where it stands, in the language of this request."""
    return _translations(language()).pgettext(context, text)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return the text as it is: it is translated where it is shown, and noted for the catalogues here."""
    return text


def say_date(day: date, pattern: str) -> str:
    """Return the day by a pattern of Unicode's (UTS 35, date fields), in the language of this request."""
    return _say_date(day, pattern, language())


def ordinal(number: int) -> str:
    """Return `3rd`, as the language of this request writes it."""
    if language() != ENGLISH:
        return f"{number}."
    return f"{number}{'th' if number % 100 in _LAST_TEENS else _ENDINGS.get(number % 10, 'th')}"


def register(app: Flask) -> None:
    """Let templates translate: `{% trans %}`, `_()` and their kin escape what is put into a text."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    install = cast("Callable[..., None]", vars(app.jinja_env)["install_gettext_callables"])
    install(gettext, ngettext, newstyle=True, pgettext=pgettext)
    app.jinja_env.filters["nth"] = ordinal
    app.jinja_env.globals |= {"language": language, "LANGUAGES": LANGUAGES}


@cache
def _translations(chosen: str) -> NullTranslations:
    if chosen == ENGLISH:
        return NullTranslations()
    with (CATALOGUES / chosen / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=chosen)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache(maxsize=2048)
def _say_date(day: date, pattern: str, chosen: str) -> str:
    return format_date(day, pattern, locale=chosen)
