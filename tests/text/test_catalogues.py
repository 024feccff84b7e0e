"""The catalogues: every text is there in every language, with the same places to fill, and a gap falls back."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from flask import Flask

from app.sentences import Sentence
from app.text import speech
from app.text.languages import PageLanguage
from app.text.speech import CATALOGUES, gettext, ngettext, speaking, words

APP = Path(__file__).parents[2] / "app"
_METHODS = {".py": "python", ".html": "jinja2", ".txt": "jinja2"}
_SPEAKS = re.compile(r"\b(_|n?p?gettext|Sentence|counted)\(")
TRANSLATED = [language for language in PageLanguage if language is not PageLanguage.ENGLISH]
_PLACES = re.compile(r"%\(\w+\)s")
_TAGS = re.compile(r"</?\w+")


@cache
def collect() -> frozenset[str | tuple[str, ...]]:
    """All texts that the code and the templates hold, as `make translations` finds them."""
    keywords = {**DEFAULT_KEYWORDS, "Sentence": None, "counted": (1, 2)}
    found = set()
    for path in APP.rglob("*.*"):
        method = _METHODS.get(path.suffix)
        if method is None or not _SPEAKS.search(path.read_text()):  # most do not, and taking them apart takes long
            continue
        with path.open("rb") as source:
            options = {"trim_blocks": "true", "lstrip_blocks": "true"} if method == "jinja2" else {}
            found |= {message for _, message, _, _ in extract(method, source, keywords, options=options)}
    return frozenset(found)


@cache
def read_catalogue(language: PageLanguage) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=str(language))


def messages(language: PageLanguage) -> Iterator[Message]:
    return (message for message in read_catalogue(language) if message.id)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return text if isinstance(text, tuple | list) else (text,)


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_text_is_translated(language: PageLanguage):
    said = {message.id: message for message in messages(language)}

    missing = [text for text in collect() if text not in said or not all(forms(said[text].string))]

    assert not missing, f"run `make translations` and translate these into {language.label}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_of_a_text_that_is_gone(language: PageLanguage):
    assert [message.id for message in messages(language) if message.id not in collect()] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_places_and_the_same_markup(language: PageLanguage):
    for message in messages(language):
        *_, original = forms(message.id)
        for text in forms(message.string):
            assert set(_PLACES.findall(text)) <= set(_PLACES.findall(original)), text
            assert sorted(_TAGS.findall(text)) == sorted(_TAGS.findall(original)), text
        assert set(_PLACES.findall(forms(message.string)[-1])) == set(_PLACES.findall(original)), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_the_languages_own(language: PageLanguage):
    catalogue = read_catalogue(language)

    assert {len(forms(message.string)) for message in messages(language) if message.pluralizable} == {
        catalogue.num_plurals
    }


def test_what_has_no_translation_is_said_in_english(app: Flask):
    with app.app_context(), speaking(PageLanguage.GERMAN):
        said = [gettext("Nobody translated this."), ngettext("%(num)s gap", "%(num)s gaps", 2)]
        known = words(
            Sentence("%(what)s We are working on it.", what=Sentence("A gap in %(services)s.", services="API"))
        )

    assert said == ["Nobody translated this.", "2 gaps"]
    assert known == "A gap in API. Wir arbeiten daran."


def test_who_speaks_for_a_while_leaves_things_as_they_were(app: Flask):
    with app.app_context(), speaking(PageLanguage.FRENCH):
        with speaking(PageLanguage.JAPANESE):
            inner = gettext("Resolved")

        assert (inner, gettext("Resolved")) == ("解決済み", "Résolu")
    assert speech.spoken() is PageLanguage.ENGLISH
