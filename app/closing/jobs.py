"""What workers and the clock do for organizations that go. Every job may run twice, or be lost."""

import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app import bells, clock
from app.closing import bell
from app.closing.emptying import Left, begin, remove_some
from app.closing.models import Closing
from app.database.scope import system_scope
from app.organizations.models import Organization

SECONDS_IN_A_ROW = 20.0
"""For so long a worker goes on before it looks for other work."""
ALONE_SECONDS = 2.0
"""With Redis away nobody hears a bell: for so long per sweep the clock then does it itself."""

MOST_AT_ONCE = 20
KEPT_FOR = timedelta(days=1)
"""For so long its members can read that it is done."""


def go_on(organization_id: str) -> None:
    """Delete rows of a closed organization for a while.

    Twice without harm: whoever comes second finds the organization taken, or less to do.
    """
    organization = UUID(organization_id)
    begin(organization)
    if _work(organization, SECONDS_IN_A_ROW) is Left.MORE:
        bell.ring(organization)


def take_up_closings() -> None:
    """Go on with organizations whose bell was lost, whose worker died, or whose grace is over."""
    if bells.waiting(bells.CHORES):
        return
    with system_scope("closed organizations may have lost their bell") as scope:
        closed = scope.session.scalars(
            select(Organization.id)
            .where(Organization.closing_at.is_not(None))
            .order_by(Organization.closing_at)
            .limit(MOST_AT_ONCE)
        ).all()
    for organization_id in closed:
        if not bell.ring(organization_id):
            begin(organization_id)
            _work(organization_id, ALONE_SECONDS)


def forget_closings() -> None:
    """Delete what is left of organizations that are gone: that they were, and who may know it."""
    with system_scope("organizations that are gone are forgotten") as scope:
        scope.session.execute(delete(Closing).where(Closing.finished_at < clock.now() - KEPT_FOR))


def _work(organization_id: UUID, seconds: float) -> Left:
    end = time.monotonic() + seconds
    left = remove_some(organization_id)
    while left is Left.MORE and time.monotonic() < end:
        left = remove_some(organization_id)
    return left
