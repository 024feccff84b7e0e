"""Keeping own texts in further languages, inside the transaction of whoever writes the original."""

from uuid import UUID

from app.database.scope import Scope
from app.edits.actions import keep_edit
from app.edits.rules import Subject
from app.text.markdown import render_markdown
from app.translated.models import TextTranslation
from app.translated.queries import read_rows
from app.translated.rules import OwnText, OwnTexts


def keep_translations(scope: Scope, subject: Subject, subject_id: UUID, texts: OwnTexts) -> bool:
    """Have a thing say this in these languages. Its row need not be there yet.

    Returns:
        Whether anything is another than before.
    """
    if not texts:
        return False
    kept = {row.language: row for row in read_rows(scope, [subject_id])}
    changed = [_keep(scope, subject, subject_id, kept.get(language), language, texts[language]) for language in texts]
    return any(changed)


def copy_translations(scope: Scope, subject: Subject, *, source_id: UUID, target_ids: list[UUID]) -> None:
    """Have other things of the same kind say what one says: the windows of a series, what their series says."""
    for row in read_rows(scope, [source_id]):
        scope.session.add_all(
            TextTranslation(
                organization_id=scope.organization_id,
                subject=subject,
                subject_id=target_id,
                language=row.language,
                title=row.title,
                message=row.message,
                html=row.html,
            )
            for target_id in target_ids
        )


def forget_translations(scope: Scope, subject_id: UUID) -> None:
    """Throw away what a thing says in further languages, with the thing."""
    for row in read_rows(scope, [subject_id]):
        scope.session.delete(row)


def _keep(
    scope: Scope, subject: Subject, subject_id: UUID, row: TextTranslation | None, language: str, text: OwnText
) -> bool:
    before = OwnText(row.title, row.message) if row is not None else OwnText()
    if before == text:
        return False
    if row is not None:
        keep_edit(scope, subject, subject_id, f"title_{language}", before=before.title, after=text.title)
        keep_edit(scope, subject, subject_id, f"message_{language}", before=before.message, after=text.message)
    if row is not None and not text:
        scope.session.delete(row)
        return True
    if row is None:
        row = TextTranslation(
            organization_id=scope.organization_id, subject=subject, subject_id=subject_id, language=language
        )
        scope.session.add(row)
    row.title, row.message, row.html = text.title, text.message, render_markdown(text.message)
    return True
