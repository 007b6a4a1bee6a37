"""Every sentence of the pages is there in every language.

English is the source: its catalog may stay empty where the sentence is its own English.
"""

import re

import pytest
from babel.messages.catalog import Message

from tests.repo import catalogs

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
TRANSLATED = ["fa"]


def forms(message: Message) -> list[str]:
    """Return the translation as a list, one for each plural form."""
    text = message.string
    return [text] if isinstance(text, str) else list(text or ())


def placeholders(message: Message) -> set[str]:
    """Return the values the English sentence names; the last form names them all."""
    english = message.id if isinstance(message.id, str) else message.id[-1]
    return set(PLACEHOLDER.findall(english))


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_untranslated(language: str) -> None:
    catalog = catalogs.translated(language)

    missing = [
        message.id
        for message in catalogs.sentences()
        if message.id
        and (
            (known := catalog.get(message.id, message.context)) is None
            or known.fuzzy
            or not all(forms(known))
        )
    ]

    assert missing == [], "`make translations` brings them into the catalog"


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_a_translation_names_the_values_that_its_sentence_names(language: str) -> None:
    # A plural form may say "one" in words, so a form may name fewer.
    wrong = [
        (message.id, form)
        for message in catalogs.translated(language)
        if message.id
        for form in forms(message)
        if form and not set(PLACEHOLDER.findall(form)) <= placeholders(message)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_leaves_no_value_out(language: str) -> None:
    wrong = [
        (message.id, forms(message)[-1])
        for message in catalogs.translated(language)
        if message.id
        and forms(message)[-1]
        and set(PLACEHOLDER.findall(forms(message)[-1])) != placeholders(message)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_no_catalog_keeps_a_sentence_that_no_page_says(language: str) -> None:
    said = catalogs.sentences()

    unused = [
        message.id
        for message in catalogs.translated(language)
        if message.id and said.get(message.id, message.context) is None
    ]

    assert unused == [], "`make translations` takes them out"
