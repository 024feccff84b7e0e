"""What workers and the clock do for errands.

They may run twice: each chunk locks the errand and moves its cursor, so two workers only take turns at it.
"""

import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app import bells, clock
from app.database.scope import system_scope
from app.subscribers.errands import bell
from app.subscribers.errands.models import SubscriberErrand
from app.subscribers.errands.work import do_chunk

SECONDS_IN_A_ROW = 10.0
"""For so long a worker goes on before it looks for other work."""
PATIENCE = timedelta(seconds=15)
"""After a chunk the next one is given so long before somebody else is called."""
MOST_AT_ONCE = 20
KEPT_FOR = timedelta(days=30)
"""So long a member can look up what came of it; the log tells of it for longer."""


def go_on(organization_id: str, errand_id: str) -> None:
    """Do chunk after chunk for a while, then let others have a turn."""
    organization, errand = UUID(organization_id), UUID(errand_id)
    end = time.monotonic() + SECONDS_IN_A_ROW
    while do_chunk(organization, errand):
        if time.monotonic() > end:
            bell.ring(organization, errand)
            return


def take_up_errands() -> None:
    """Ring for errands whose bell was lost, or whose worker died."""
    if bells.waiting(bells.CHORES):
        return  # workers are busy, and more bells would not make them faster
    with system_scope("errands of all organizations may have lost their bell") as scope:
        waiting = scope.session.execute(
            select(SubscriberErrand.organization_id, SubscriberErrand.id)
            .where(SubscriberErrand.finished_at.is_(None), SubscriberErrand.touched_at < clock.now() - PATIENCE)
            .order_by(SubscriberErrand.touched_at)
            .limit(MOST_AT_ONCE)
        ).all()
    for organization_id, errand_id in waiting:
        bell.ring(organization_id, errand_id)


def forget_errands() -> None:
    """Delete errands that are long over."""
    with system_scope("errands of all organizations are kept for a month") as scope:
        scope.session.execute(delete(SubscriberErrand).where(SubscriberErrand.finished_at < clock.now() - KEPT_FOR))
