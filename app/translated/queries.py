"""Own texts in further languages, read by the ids of what they belong to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import QueryableAttribute, aliased

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.text.languages import PageLanguage
from app.translated.models import TextTranslation
from app.translated.rules import OwnText, OwnTexts


def read_rows(scope: Scope, subject_ids: Collection[UUID]) -> Sequence[TextTranslation]:
    """All that these things say in further languages."""
    return scope.session.scalars(
        select(TextTranslation).where(
            TextTranslation.organization_id == scope.organization_id, TextTranslation.subject_id.in_(subject_ids)
        )
    ).all()


def translation_of(
    subject_id: QueryableAttribute[UUID], organization_id: QueryableAttribute[UUID], language: PageLanguage
) -> tuple[type[TextTranslation], ColumnElement[bool]]:
    """What the rows of a table say in one language, to be joined where they are read, and on what; most say nothing.

    Args:
        subject_id: the table's `id`.
        organization_id: and its other half of the key.
        language: the one that is read.
    """
    texts = aliased(TextTranslation)
    return texts, and_(
        texts.organization_id == organization_id, texts.subject_id == subject_id, texts.language == language
    )


def title_in(
    subject_id: QueryableAttribute[UUID],
    organization_id: QueryableAttribute[UUID],
    title: QueryableAttribute[str],
    language: PageLanguage | None,
) -> ColumnElement[str]:
    """The title of a row in one language, and the original where it has none in it; a column of a statement that reads
    such rows.

    Args:
        subject_id: the table's `id`.
        organization_id: and its other half of the key.
        title: the original's.
        language: the one that is read; None: as it was written.
    """
    if language is None:
        return title.expression
    texts = aliased(TextTranslation)
    said = (
        select(func.nullif(texts.title, ""))
        .where(texts.organization_id == organization_id, texts.subject_id == subject_id, texts.language == language)
        .correlate_except(texts)
        .scalar_subquery()
    )
    return func.coalesce(said, title)


def read_each(scope: Scope, subject_ids: Collection[UUID]) -> Mapping[UUID, Sequence[TextTranslation]]:
    """What each of these things says in further languages."""
    found: dict[UUID, list[TextTranslation]] = defaultdict(list)
    for row in read_rows(scope, subject_ids):
        found[row.subject_id].append(row)
    return found


def read_wordings(scope: Scope, subject_ids: Collection[UUID]) -> dict[tuple[UUID, str], str]:
    """What these things say in each language by now, as `app.edits.queries.read_edits` asks for texts; empty where
    something was said and taken back."""
    fields = [f"{name}_{language}" for name in ("title", "message") for language in PageLanguage]
    wordings = {(subject_id, field): "" for subject_id in subject_ids for field in fields}
    for row in read_rows(scope, subject_ids):
        wordings[row.subject_id, f"title_{row.language}"] = row.title
        wordings[row.subject_id, f"message_{row.language}"] = row.message
    return wordings


def list_own_texts(actor: Actor, subject_id: UUID) -> OwnTexts:
    """What one thing says in further languages, as typed: for the form that it is edited in."""
    with organization_scope(actor, read_only=True) as scope:
        return {row.language: OwnText(row.title, row.message) for row in read_rows(scope, [subject_id])}
