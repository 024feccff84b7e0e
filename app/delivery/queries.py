"""What became of what we told: for members, who want to know that everybody heard."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import false, func, or_, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.delivery.models import Delivery, Notification
from app.delivery.notices.shown import shown_among
from app.delivery.rules import DeliveryState
from app.delivery.tallies import NOTHING, Tally, is_settled, read_tallies
from app.incidents.models import Incident
from app.pages.finding import read_pages
from app.subscribers.concern import is_concerned
from app.subscribers.models import Subscriber
from app.subscribers.rules import NewsKind


@dataclass(frozen=True, slots=True)
class Told:
    """One update's deliveries, counted. Subscribers whom a later update told instead are not in `total`."""

    total: int
    sent: int
    failed: int
    waiting: int
    complete: bool
    """Whether all deliveries are written; until then `total` still grows."""
    took: timedelta | None
    """From the update to its last mail; None while some wait, and when none was sent."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How many failed for which reason."""
    notification_ids: tuple[UUID, ...] = ()
    """On each page that shows it, in the order of the pages."""

    @property
    def was_replaced(self) -> bool:
        """Whether a later update told everybody in its place."""
        return self.complete and self.total == 0


@dataclass(frozen=True, slots=True)
class LastTold:
    """The newest update that somebody was told of."""

    incident_id: UUID
    title: str
    told: Told


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """One subscriber who could not be told."""

    address: str
    reason: str
    at: datetime
    incident_title: str | None


def count_to_be_told(
    actor: Actor,
    service_ids: Collection[UUID] | None,
    *,
    kind: NewsKind = NewsKind.INCIDENTS,
    incident_id: UUID | None = None,
) -> int:
    """How many subscribers hear of a message that touches these services, on all pages together.

    None stands for what is for everybody who wants news of the kind, whatever services they chose.
    Whoever an incident has once concerned hears how it goes on, though it touches their services no more.
    """
    with organization_scope(actor, read_only=True) as scope:
        earlier = _told_earlier(scope, incident_id) if incident_id is not None else {}
        hearing = []
        for page in read_pages(scope):
            if service_ids is None:
                hearing.append(is_concerned(page, kind, None, incident_id=incident_id))
                continue
            shown = shown_among(scope, page, set(service_ids))
            if shown or not service_ids or page.page_id in earlier:
                concerned = {*shown, *earlier.get(page.page_id, ())}
                hearing.append(is_concerned(page, kind, concerned, incident_id=incident_id))
        query = select(func.count()).select_from(Subscriber).where(or_(false(), *hearing))
        return scope.session.scalar(query) or 0


def _told_earlier(scope: Scope, story_id: UUID) -> Mapping[UUID | None, Sequence[UUID]]:
    """The services of which a story has told so far, by page: its latest notification has them all."""
    rows = scope.session.execute(
        select(Notification.page_id, Notification.service_ids)
        .where(Notification.organization_id == scope.organization_id, Notification.story_id == story_id)
        .order_by(Notification.revision)
    )
    return dict(rows.all())


def read_told(actor: Actor, incident_id: UUID) -> Mapping[UUID, Told]:
    """How each told update of an incident went, on all pages together, by the update's id."""
    with organization_scope(actor, read_only=True) as scope:
        notifications = scope.session.scalars(
            select(Notification).where(
                Notification.organization_id == scope.organization_id,
                Notification.story_id == incident_id,
                Notification.update_id.is_not(None),
            )
        ).all()
        by_update: dict[UUID, list[Notification]] = defaultdict(list)
        for one in notifications:
            if one.update_id is not None:
                by_update[one.update_id].append(one)
        return _count(scope, by_update)


def read_last_told(scope: Scope) -> LastTold | None:
    """The newest update that was told, and how that went."""
    found = scope.session.execute(
        select(Notification, Incident.id, Incident.title)
        .join(
            Incident,
            (Incident.organization_id == Notification.organization_id) & (Incident.id == Notification.story_id),
        )
        .where(Notification.organization_id == scope.organization_id, Incident.deleted_at.is_(None))
        .order_by(Notification.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    notification, incident_id, title = found
    same = scope.session.scalars(
        select(Notification).filter_by(organization_id=scope.organization_id, event_id=notification.event_id)
    ).all()
    return LastTold(incident_id, title, _count(scope, {incident_id: same})[incident_id])


def read_failures(actor: Actor, limit: int) -> tuple[FailedDelivery, ...]:
    """The latest deliveries that failed for good."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            select(Delivery.address, Delivery.error, Delivery.created_at, Incident.title)
            .join(
                Notification,
                (Notification.organization_id == Delivery.organization_id)
                & (Notification.id == Delivery.notification_id),
            )
            .outerjoin(
                Incident,
                (Incident.organization_id == Notification.organization_id) & (Incident.id == Notification.story_id),
            )
            .where(
                Delivery.organization_id == scope.organization_id,
                Delivery.state == DeliveryState.FAILED,
                Delivery.subscriber_id.is_not(None),
            )
            .order_by(Delivery.id.desc())
            .limit(limit)
        )
        return tuple(FailedDelivery(address, error or "", at, title) for address, error, at, title in rows)


def _count(scope: Scope, groups: Mapping[UUID, Sequence[Notification]]) -> Mapping[UUID, Told]:
    """What became of each group of notifications: one statement for all of them, and one for the reasons."""
    ids = [one.id for group in groups.values() for one in group]
    tallies = read_tallies(scope, ids)
    failures = read_reasons(scope, ids) if any(tally.failed for tally in tallies.values()) else {}
    return {key: _told(group, tallies, failures) for key, group in groups.items()}


def read_reasons(scope: Scope, notification_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """Of each notification: how many could not be told, for which reason. They are few, and found by themselves."""
    rows = scope.session.execute(
        select(Delivery.notification_id, Delivery.error, func.count())
        .where(
            Delivery.organization_id == scope.organization_id,
            Delivery.state == DeliveryState.FAILED,
            Delivery.notification_id.in_(notification_ids),
        )
        .group_by(Delivery.notification_id, Delivery.error)
    )
    failures: dict[UUID, dict[str, int]] = defaultdict(dict)
    for notification_id, error, number in rows:
        failures[notification_id][error or "no reason given"] = number
    return failures


def _told(
    group: Sequence[Notification], tallies: Mapping[UUID, Tally], failures: Mapping[UUID, Mapping[str, int]]
) -> Told:
    counted = [(one, tallies.get(one.id, NOTHING)) for one in group]
    took = [length for one, tally in counted if (length := tally.took(one.created_at)) is not None]
    reasons: Counter[str] = Counter()
    for one in group:
        reasons.update(failures.get(one.id, {}))
    done = all(is_settled(one, tally) for one, tally in counted)
    return Told(
        total=sum(tally.total for _, tally in counted),
        sent=sum(tally.sent for _, tally in counted),
        failed=sum(tally.failed for _, tally in counted),
        waiting=sum(tally.waiting for _, tally in counted),
        complete=all(one.fanned_out_at is not None for one in group),
        took=max(took) if done and took else None,
        failures=reasons,
        notification_ids=tuple(one.id for one in group),
    )
