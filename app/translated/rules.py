"""What somebody writes in further languages, as plain values; pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.text.languages import PageLanguage


@dataclass(frozen=True, slots=True)
class OwnText:
    """What one thing says in one language; what is empty is told in the original."""

    title: str = ""
    message: str = ""
    """In markdown, as typed."""

    def __bool__(self) -> bool:
        return bool(self.title or self.message)


OwnTexts = Mapping[PageLanguage, OwnText]
"""By language. One that is not named is left as it is, one that says nothing is forgotten."""

NO_TEXTS: OwnTexts = MappingProxyType({})

Check = Callable[[str], str | None]
"""What is wrong with a text, if anything is."""


def find_faults(texts: OwnTexts, check_title: Check, check_message: Check) -> dict[str, str]:
    """What is wrong with them, by the field of the form that they stand in: "title_de"."""
    faults: dict[str, str] = {}
    for language, text in texts.items():
        for name, words, check in (("title", text.title, check_title), ("message", text.message, check_message)):
            if words and (fault := check(words)):
                faults[f"{name}_{language}"] = fault
    return faults


def with_words(texts: OwnTexts) -> OwnTexts:
    """Those that say something: what is new has nothing yet that the others could take away."""
    return {language: text for language, text in texts.items() if text}


def titles_of(texts: OwnTexts) -> OwnTexts:
    """Of a form that holds the texts of two things, those of the one that has a title."""
    return {language: replace(text, message="") for language, text in texts.items()}


def messages_of(texts: OwnTexts) -> OwnTexts:
    """And those of the other."""
    return {language: replace(text, title="") for language, text in texts.items()}
