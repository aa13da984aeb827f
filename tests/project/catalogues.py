"""The texts of the pages, as gettext's tools see them. Bring the catalogues up to date after a text has changed:

    .venv/bin/python -m tests.project.catalogues

Texts that are gone leave the catalogues, new ones enter them untranslated; a test fails until they are translated.
"""

from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from api.kinds import KIND_WORDS
from api.language import CATALOGUES, ENGLISH, LANGUAGES
from domain import explanations
from domain.refusals import SENTENCES

PROJECT = Path(__file__).parents[2]
WAYS = {".py": "python", ".html": "jinja2"}
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]


def file_of(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    with file_of(language).open("rb") as file:
        return read_po(file, locale=language)


def texts() -> Catalog:
    """Return every text that is translated, with the files it is in."""
    found = Catalog()
    for path in sorted((PROJECT / "api").rglob("*")):
        if path.suffix in WAYS:
            name = path.relative_to(PROJECT).as_posix()
            for _, text, _, context in extract_from_file(
                WAYS[path.suffix], path, keywords=KEYWORDS, options=OPTIONS if path.suffix == ".html" else None
            ):
                found.add(text, locations=[(name, 0)], context=context)
    for sentence in SENTENCES.values():
        found.add(sentence, locations=[("domain/refusals.py", 0)])
    for sentence in explanations.SENTENCES:
        found.add(sentence, locations=[("domain/explanations.py", 0)])
    for words in KIND_WORDS.values():
        for text in (words.title, words.description):
            found.add(text, locations=[("api/kinds.py", 0)])
    return found


def main() -> None:
    """Rewrite each catalogue."""
    for language in TRANSLATED:
        catalogue = read(language) if file_of(language).exists() else Catalog(locale=language)
        made_at = catalogue.creation_date
        catalogue.update(texts(), no_fuzzy_matching=True)
        catalogue.creation_date = made_at
        with file_of(language).open("wb") as file:
            write_po(file, catalogue, width=118, ignore_obsolete=True, include_lineno=False)
        untranslated = sum(1 for message in catalogue if message.id and not message.string)
        click.echo(f"{language}: {len(catalogue)} texts, {untranslated} untranslated")


if __name__ == "__main__":
    main()
