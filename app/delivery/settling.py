"""Closing the books of a notification once nobody waits for it any more, and telling how it went where that is wanted.

The figure is a row of its own: visitors may read it, and nothing else of what was told to whom.
"""

from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.database.sweeps import take_each
from app.delivery.models import DeliveryBatch, MailSender, Notification, ToldFigure
from app.delivery.rules import BatchState
from app.delivery.tallies import NOTHING, Tally, read_tallies

MOST_AT_ONCE = 200


def settle_finished() -> None:
    """Close the books of those of which nothing is left to send."""
    unsent = exists().where(
        DeliveryBatch.organization_id == Notification.organization_id,
        DeliveryBatch.notification_id == Notification.id,
        DeliveryBatch.state.in_((BatchState.READY, BatchState.SENDING)),
    )
    with system_scope("notifications of all organizations are settled when nothing is left to send") as scope:
        finished = scope.session.execute(
            select(Notification.organization_id, Notification.id)
            .where(Notification.settled_at.is_(None), Notification.fanned_out_at.is_not(None), ~unsent)
            .order_by(Notification.created_at)
            .limit(MOST_AT_ONCE)
        ).all()
    take_each(((organization_id, notification_id) for organization_id, notification_id in finished), settle)


def settle(organization_id: UUID, notification_id: UUID) -> None:
    """Close the books of one. Twice without harm: the second one finds them closed.

    Raises:
        NotFound: it is gone.
    """
    with organization_scope(Actor.clock(organization_id)) as scope:
        notification = scope.lock(Notification, notification_id)
        if notification.settled_at is not None:
            return
        notification.settled_at = clock.now()
        tally = read_tallies(scope, [notification_id]).get(notification_id, NOTHING)
        if tally.sent and _shows_figures(scope) and _write_figure(scope, notification, tally):
            scope.emit("notification.settled", {"notification_id": str(notification_id)})


def _shows_figures(scope: Scope) -> bool:
    return bool(scope.session.scalar(select(MailSender.shows_figures).filter_by(organization_id=scope.organization_id)))


def _write_figure(scope: Scope, notification: Notification, tally: Tally) -> bool:
    """Whether it is one that visitors see something of: a message of an incident or a maintenance, on a page."""
    took = tally.took(notification.created_at)
    if not (notification.page_id and notification.story_id and notification.update_id) or took is None:
        return False
    figure = {"sent": tally.at_once, "total": tally.total, "took_seconds": took.total_seconds()}
    scope.session.execute(
        insert(ToldFigure)
        .values(
            organization_id=scope.organization_id,
            notification_id=notification.id,
            page_id=notification.page_id,
            story_id=notification.story_id,
            update_id=notification.update_id,
            **figure,
        )
        .on_conflict_do_update(index_elements=["organization_id", "notification_id"], set_=figure)
    )
    return True
