"""Own texts in further languages as a notice keeps them, so that each recipient reads their own."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.delivery.notices.kept import Kept
from app.text.languages import PageLanguage
from app.text.plain import plain_text
from app.translated.models import TextTranslation


@dataclass(frozen=True, slots=True)
class KeptText(Kept):
    """What one thing says in one language; what is empty is told in the original."""

    language: PageLanguage
    title: str
    html: str
    text: str


NOTHING = KeptText(PageLanguage.ENGLISH, "", "", "")


def keep_texts(rows: Iterable[TextTranslation]) -> tuple[KeptText, ...]:
    """Of one thing, in all languages that it has."""
    return tuple(KeptText(row.language, row.title, row.html, plain_text(row.html)) for row in rows)


def text_in(texts: Iterable[KeptText], language: PageLanguage) -> KeptText:
    """What it says in this language; empty texts where it says nothing in it."""
    return next((text for text in texts if text.language == language), NOTHING)
