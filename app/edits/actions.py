"""Keeping what an edit replaces, inside the transaction of whoever edits."""

from uuid import UUID

from app import clock
from app.database.scope import Scope
from app.edits.models import TextEdit
from app.edits.rules import Subject


def keep_edit(scope: Scope, subject: Subject, subject_id: UUID, field: str, *, before: str, after: str) -> bool:
    """Keep `before`, which `after` is about to replace, with who does so and when. Call it before the row is changed.

    Returns:
        Whether there was anything to keep: a text that stays as it was is not edited.
    """
    if before == after:
        return False
    scope.session.add(
        TextEdit(
            organization_id=scope.organization_id,
            subject=subject,
            subject_id=subject_id,
            field=field,
            replaced=before,
            edited_at=clock.now(),
            edited_by_user_id=scope.actor.user_id,
            edited_by_name=scope.actor.name,
        )
    )
    return True
