"""Taking what the provider reports: kept first, by its own id, then applied to the mail that it is about.

1. `take` keeps a report. The same one once more (the provider sends again what it got no answer to) is no news.
2. `apply` finds the delivery by the provider's id for it, whoever's it is, and writes down its fate, unless something
   worse is known: reports come in any order. What follows for the reader happens in the same transaction.
3. A report may come before we have written down what the provider calls a mail. It then waits, and `apply_waiting`
   tries again for an hour. One that is about no mail of ours stays without effect.
"""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.delivery.models import Delivery, DeliveryBatch, ProviderReport
from app.delivery.reports.rules import MOST_SOFT_BOUNCES, Fate, Report
from app.delivery.rules import DeliveryState
from app.subscribers.actions import put_aside
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState, SuppressionReason
from app.subscribers.suppression import suppress

WAITS = timedelta(hours=1)
"""For so long a report waits for its mail: a batch whose answer was lost is asked for again within minutes."""

KEPT = timedelta(days=7)
"""The provider sends one again for a day and a half at most; after that its id need not be known."""

MOST_AT_ONCE = 1_000
"""Reports taken up in one sweep; the next one takes the rest."""

SPAM = "They called our mail spam."
CAME_BACK = "The receiving server gave no reason."


def take(report_id: str, report: Report) -> None:
    """Keep a report, and do what follows from it. Twice is once.

    That a mail arrived, or is late, has time: there are as many of these as mails, and the clock takes them together.
    """
    with system_scope("of whose mail the provider reports is known only once it is looked up") as scope:
        is_new = scope.session.scalar(
            insert(ProviderReport)
            .values(
                id=report_id,
                provider_id=report.provider_id,
                fate=report.fate,
                reason=report.reason,
                reported_at=report.at,
                received_at=clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(ProviderReport.id)
        )
    if is_new is not None and report.fate.is_bad:
        apply(report_id)


def apply(report_id: str) -> None:
    """Write down what a report says of its mail. Twice without harm: the second one is outweighed by the first."""
    with system_scope("a report names a mail by the provider's id, and no organization") as scope:
        report = scope.session.get(ProviderReport, report_id)
        if report is None or report.applied_at is not None:
            return
        delivery = scope.session.scalar(
            select(Delivery).where(Delivery.provider_id == report.provider_id).order_by(Delivery.id).limit(1)
        )
    if delivery is None:
        return
    with organization_scope(Actor.worker(delivery.organization_id)) as scope:
        kept = scope.lock(Delivery, delivery.id)
        if report.fate.outweighs(kept.fate):
            _count(scope, kept, report.fate)
            kept.fate, kept.fate_at, kept.fate_reason = report.fate, report.reported_at, report.reason or None
            scope.session.flush()
            _follow_up(scope, kept)
    with system_scope("a report that was applied is not looked at again") as scope:
        scope.session.execute(
            update(ProviderReport).where(ProviderReport.id == report_id).values(applied_at=clock.now())
        )


def apply_waiting() -> None:
    """Apply what was only kept: what has time, and what came before its mail was written down."""
    with system_scope("reports on mails of all organizations") as scope:
        waiting = scope.session.scalars(
            select(ProviderReport.id)
            .where(ProviderReport.applied_at.is_(None), ProviderReport.received_at > clock.now() - WAITS)
            .order_by(ProviderReport.received_at)
            .limit(MOST_AT_ONCE)
        ).all()
    for report_id in waiting:
        apply(report_id)


def forget_old() -> None:
    """Delete reports that nobody will send again."""
    with system_scope("reports are kept for a week, whoever's mail they are about") as scope:
        scope.session.execute(delete(ProviderReport).where(ProviderReport.received_at < clock.now() - KEPT))


def _count(scope: Scope, delivery: Delivery, fate: Fate) -> None:
    """Have the batch know how many came back, and how many complained."""
    came_back = (Fate.NOT_SENT, Fate.SOFT_BOUNCED, Fate.BOUNCED)
    bounced = (fate in came_back) - (delivery.fate in came_back)
    complained = int(fate is Fate.COMPLAINED)
    if bounced or complained:
        scope.session.execute(
            update(DeliveryBatch)
            .where(DeliveryBatch.organization_id == delivery.organization_id, DeliveryBatch.id == delivery.batch_id)
            .values(bounced=DeliveryBatch.bounced + bounced, complained=DeliveryBatch.complained + complained)
        )


def _follow_up(scope: Scope, delivery: Delivery) -> None:
    """What a mail's fate means for its reader. Members are told on the page of the notification, and nothing else."""
    subscriber = scope.find(Subscriber, delivery.subscriber_id) if delivery.subscriber_id else None
    if subscriber is None:
        return
    said = delivery.fate_reason or CAME_BACK
    match delivery.fate:
        case Fate.COMPLAINED:
            _quarantine(scope, subscriber, SuppressionReason.COMPLAINED, SPAM)
        case Fate.BOUNCED:
            _quarantine(scope, subscriber, SuppressionReason.BOUNCED, said)
        case Fate.SOFT_BOUNCED if _keeps_bouncing(scope, subscriber):
            _quarantine(scope, subscriber, SuppressionReason.BOUNCED, f"{MOST_SOFT_BOUNCES} mails in a row: {said}")


def _keeps_bouncing(scope: Scope, subscriber: Subscriber) -> bool:
    """Whether the last mails to a subscriber all came back for now."""
    fates = scope.session.scalars(
        select(Delivery.fate)
        .where(
            Delivery.organization_id == scope.organization_id,
            Delivery.subscriber_id == subscriber.id,
            Delivery.state == DeliveryState.SENT,
        )
        .order_by(Delivery.id.desc())
        .limit(MOST_SOFT_BOUNCES)
    ).all()
    return fates == [Fate.SOFT_BOUNCED] * MOST_SOFT_BOUNCES


def _quarantine(scope: Scope, subscriber: Subscriber, reason: SuppressionReason, said: str) -> None:
    """Send nothing more to a mailbox: on no page of the organization, for the mailbox is the same there."""
    suppress(scope, subscriber.mailbox, reason)
    same = scope.session.scalars(
        select(Subscriber)
        .where(
            Subscriber.organization_id == scope.organization_id,
            Subscriber.mailbox == subscriber.mailbox,
            Subscriber.state.in_((SubscriberState.PENDING, SubscriberState.CONFIRMED, SubscriberState.QUARANTINED)),
        )
        .with_for_update()
    )
    for one in same:
        put_aside(one, said)
        one.confirm_token_hash = None
        scope.record("subscriber.quarantined", one)
