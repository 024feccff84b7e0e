"""Own texts in further languages, read by the ids of what they belong to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Mapped, aliased

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.text.languages import PageLanguage
from app.translated.models import TextTranslation
from app.translated.rules import OwnText, OwnTexts


class Owner(Protocol):
    """A table whose rows may say something in further languages."""

    organization_id: Mapped[UUID]
    id: Mapped[UUID]


def read_rows(scope: Scope, subject_ids: Collection[UUID]) -> Sequence[TextTranslation]:
    """All that these things say in further languages."""
    return scope.session.scalars(
        select(TextTranslation).where(
            TextTranslation.organization_id == scope.organization_id, TextTranslation.subject_id.in_(subject_ids)
        )
    ).all()


def translation_of(owner: type[Owner], language: PageLanguage) -> tuple[type[TextTranslation], ColumnElement[bool]]:
    """What a table's rows say in one language, to be joined where they are read, and on what; most say nothing."""
    texts = aliased(TextTranslation)
    return texts, and_(
        texts.organization_id == owner.organization_id, texts.subject_id == owner.id, texts.language == language
    )


def read_each(scope: Scope, subject_ids: Collection[UUID]) -> Mapping[UUID, Sequence[TextTranslation]]:
    """What each of these things says in further languages."""
    found: dict[UUID, list[TextTranslation]] = defaultdict(list)
    for row in read_rows(scope, subject_ids):
        found[row.subject_id].append(row)
    return found


def list_own_texts(actor: Actor, subject_id: UUID) -> OwnTexts:
    """What one thing says in further languages, as typed: for the form that it is edited in."""
    with organization_scope(actor, read_only=True) as scope:
        return {row.language: OwnText(row.title, row.message) for row in read_rows(scope, [subject_id])}
