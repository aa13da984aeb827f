"""Every text has its place in every catalogue, and says there what it says in English."""

import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog, Message

from tests.project.catalogues import TRANSLATED, read, texts

UPDATE = "bring the catalogues up to date with `.venv/bin/python -m tests.project.catalogues`, then translate"


@pytest.fixture(scope="module")
def english() -> Catalog:
    return texts()


def keys(catalogue: Catalog) -> set[tuple[str | None, str]]:
    return {(message.context, first(message.id)) for message in catalogue if message.id}


def first(forms: object) -> str:
    return str(forms[0] if isinstance(forms, (tuple, list)) else forms)


def said(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (tuple, list)) else [str(message.string)]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_text_and_no_other(english: Catalog, language: str) -> None:
    catalogue = read(language)

    assert keys(catalogue) == keys(english), UPDATE
    assert not catalogue.obsolete, UPDATE


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    untranslated = [message.id for message in read(language) if message.id and not all(said(message))]

    assert untranslated == []
    assert [message.id for message in read(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_values_and_the_markup_of_its_text(language: str) -> None:
    wrong = []
    for message in read(language):
        for text in said(message) if message.id else []:
            forms = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
            if not any(parts(str(form)) == parts(text) for form in forms):
                wrong.append((message.id, text))

    assert wrong == []


def parts(text: str) -> Counter[str]:
    """Return what must be the same in every language: placeholders and tags."""
    return Counter(re.findall(r"%\(\w+\)s|<[^>]*>", text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_knows_how_its_language_counts(language: str) -> None:
    catalogue = read(language)

    for message in catalogue:
        if isinstance(message.id, (tuple, list)):
            assert len(said(message)) == catalogue.num_plurals, message.id
