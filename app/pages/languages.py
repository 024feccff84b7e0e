"""Which languages a page is offered in, as its admins set it and as those need it who write its texts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.pages.models import Page
from app.text.languages import PageLanguage


@dataclass(frozen=True, slots=True)
class Languages:
    """A part of a page's settings (`app.pages.parts.Part`). What was chosen may be no language at all: None."""

    language: PageLanguage | None
    """The page's own."""
    languages: frozenset[PageLanguage]
    """All that visitors may choose from; the page's own is among them whether it was named or not."""

    def faults(self) -> Mapping[str, str]:
        return {} if self.language is not None else {"language": "Choose a language from the list."}

    def settle(self, page: Page, without: Collection[str] = ()) -> None:
        own = self.language if self.language is not None and "language" not in without else page.language
        page.language = own
        page.languages = [language for language in PageLanguage if language == own or language in self.languages]


def list_other_languages(actor: Actor) -> tuple[PageLanguage, ...]:
    """The languages that own texts can be written in beside the original's, which is that of the first page."""
    with organization_scope(actor, read_only=True) as scope:
        return read_other_languages(scope)


def read_other_languages(scope: Scope) -> tuple[PageLanguage, ...]:
    """The same within an open scope."""
    rows = scope.session.execute(
        select(Page.language, Page.languages)
        .where(Page.organization_id == scope.organization_id)
        .order_by(Page.created_at, Page.id)
    ).all()
    offered = {language for _, languages in rows for language in languages}
    original = rows[0][0] if rows else PageLanguage.ENGLISH
    return tuple(language for language in PageLanguage if language in offered and language != original)
