"""How many subscribers of a page were told of a message, and how fast, as visitors see it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.delivery.models import ToldFigure
from app.pages.address import PageAddress


@dataclass(frozen=True, slots=True)
class Figure:
    """9,412 of 9,430 within 40 s."""

    sent: int
    total: int
    seconds: int
    """Whole ones, rounded up: "within"."""


def read_figures(page: PageAddress, story_id: UUID) -> Mapping[UUID, Figure]:
    """The figures of an incident's or a maintenance's messages on this page, by the message's id; one statement.

    There are none unless the organization wants them seen.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        rows = scope.session.scalars(
            select(ToldFigure).where(
                ToldFigure.organization_id == page.organization_id,
                ToldFigure.page_id == page.page_id,
                ToldFigure.story_id == story_id,
            )
        ).all()
    return {row.update_id: Figure(row.sent, row.total, max(1, math.ceil(row.took_seconds))) for row in rows}
