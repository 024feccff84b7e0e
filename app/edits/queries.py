"""How public texts came to say what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.database.scope import Scope
from app.edits.models import TextEdit
from app.edits.rules import MOST_WORK, Piece, compare

MOST_EDITS = 100
"""So many are shown, latest first."""

MOST_WORK_TOGETHER = 20_000_000
"""Of comparing, for all that are shown on one page: less than a second at worst. Each may take its share."""


@dataclass(frozen=True, slots=True)
class EditRow:
    """One edit of one text, with what it changed."""

    subject_id: UUID
    field: str
    edited_at: datetime
    edited_by: str
    before: str
    after: str
    most_work: int
    """How much comparing may take, as in `compare`."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Word by word, unless that is too much work."""
        return compare(self.before, self.after, self.most_work)


def read_edits(scope: Scope, texts: Mapping[tuple[UUID, str], str]) -> tuple[EditRow, ...]:
    """All edits of some texts, latest first.

    Args:
        scope: an open one.
        texts: each text as it is now, by the id of what it belongs to and the field.
    """
    query = scope.session.scalars(
        select(TextEdit)
        .where(
            TextEdit.organization_id == scope.organization_id,
            TextEdit.subject_id.in_({subject_id for subject_id, _ in texts}),
        )
        .order_by(TextEdit.edited_at.desc(), TextEdit.id.desc())
        .limit(MOST_EDITS)
    )
    rows = query.all()
    most_work = min(MOST_WORK, MOST_WORK_TOGETHER // max(1, len(rows)))
    newer = dict(texts)
    edits = []
    for row in rows:
        place = (row.subject_id, row.field)
        if place in newer:
            after = newer[place]
            edits.append(
                EditRow(
                    row.subject_id,
                    row.field,
                    row.edited_at,
                    row.edited_by_name,
                    row.replaced,
                    after,
                    most_work=most_work,
                )
            )
            newer[place] = row.replaced
    return tuple(edits)
