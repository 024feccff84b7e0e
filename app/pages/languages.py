"""Which languages an organization's pages are offered in, for those who write its texts."""

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.pages.models import Page
from app.text.languages import PageLanguage


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
