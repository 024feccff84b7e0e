"""From a notification to deliveries: one for each person it is for, in batches whose members never change.

Deliveries are written in chunks, in the order of the subscribers' ids. Each chunk is a transaction of its own that also
moves the cursor: whoever goes on after a crash, or at the same time, starts where the last chunk ended. Those who are
no subscribers are few: one chunk holds them.

A later notification of the same story makes an earlier one stale: it tells the present state, to everybody the earlier
one concerns (`notify`). So the earlier one goes no further.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, text, tuple_
from sqlalchemy.orm import Session, aliased

from app import clock
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope, system_scope
from app.delivery.audiences import Chosen
from app.delivery.mail import BATCH_SIZE
from app.delivery.models import Delivery, Notification
from app.delivery.notices import family_of
from app.delivery.rules import Channel
from app.errors import NotFound

CHUNK = 25 * BATCH_SIZE
"""People for whom deliveries are written in one transaction."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What one chunk brought: new batches to send, and whether it was the last one."""

    batches: int
    finished: bool
    is_first: bool = False


def write_chunk(organization_id: UUID, notification_id: UUID) -> Progress:
    """Write deliveries for the next people in line.

    Raises:
        NotFound: the organization has no such notification.
    """
    with organization_scope(Actor.worker(organization_id)) as scope:
        notification, is_stale = _lock(scope, notification_id)
        if notification.fanned_out_at is not None:
            return Progress(batches=0, finished=True)
        audience = family_of(notification.kind).audience
        in_line = [] if is_stale else audience.next_in_line(scope, notification, CHUNK)
        told = _told_already(scope.session, notification, in_line)
        chosen = [one for one in in_line if one.subscriber_id is None or one.subscriber_id not in told]
        batches = _write_deliveries(scope.session, notification, chosen)
        is_first = notification.fanned_out_through is None
        if in_line:
            notification.fanned_out_through = in_line[-1].subscriber_id
        finished = len(in_line) < CHUNK
        if finished:
            notification.fanned_out_at = clock.now()
        return Progress(batches, finished, is_first)


def freshen_statistics() -> None:
    """Have PostgreSQL know of the rows of a big notification before they are looked for, not a minute later."""
    with system_scope("statistics are of tables, not of organizations") as scope:
        scope.session.execute(select(func.analyze_deliveries()))


def goes_on_later() -> ColumnElement[bool]:
    """Whether a later notification goes on with a `Notification`'s story, on the same page. What no visitor sees raises
    no revision, so the events' ids, which are in order, decide between equals."""
    later = aliased(Notification)
    return exists().where(
        later.organization_id == Notification.organization_id,
        later.story_id == Notification.story_id,
        later.page_id.is_not_distinct_from(Notification.page_id),
        tuple_(later.revision, later.event_id) > tuple_(Notification.revision, Notification.event_id),
    )


def _lock(scope: Scope, notification_id: UUID) -> tuple[Notification, bool]:
    row = scope.session.execute(
        select(Notification, goes_on_later())
        .where(Notification.organization_id == scope.organization_id, Notification.id == notification_id)
        .with_for_update(of=Notification)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _told_already(session: Session, notification: Notification, in_line: Sequence[Chosen]) -> Set[UUID]:
    """Which subscribers have a delivery of this notification: some do when its line is gone through once more."""
    if not in_line or in_line[0].subscriber_id is None:
        return frozenset()
    told = session.scalars(
        select(Delivery.subscriber_id).where(
            Delivery.organization_id == notification.organization_id,
            Delivery.notification_id == notification.id,
            Delivery.subscriber_id.between(in_line[0].subscriber_id, in_line[-1].subscriber_id),
        )
    )
    return {subscriber_id for subscriber_id in told if subscriber_id is not None}


_WRITE_BATCHES = text("""
INSERT INTO delivery_batches (organization_id, id, notification_id, sequence, channel, size, state, next_attempt_at,
    created_at, attempts, is_retry, sent, failed, superseded, retried, bounced, complained)
SELECT :organization_id, batch.id, :notification_id, known.first + batch.place, :channel, batch.size, 'ready', :now,
    :now, 0, false, 0, 0, 0, 0, 0, 0
FROM unnest(CAST(:ids AS uuid[]), CAST(:sizes AS integer[])) WITH ORDINALITY AS batch (id, size, place), (
    SELECT COALESCE(max(sequence), -1) AS first FROM delivery_batches
    WHERE organization_id = :organization_id AND notification_id = :notification_id
) AS known
""")

_WRITE_DELIVERIES = text("""
INSERT INTO deliveries (organization_id, id, notification_id, batch_id, subscriber_id, channel, address, language,
    about, state, is_doubtful, created_at)
SELECT :organization_id, one.id, :notification_id, one.batch_id, one.subscriber_id, :channel, one.address, one.language,
    one.about, 'pending', false, :now
FROM unnest(
    CAST(:ids AS uuid[]), CAST(:batch_ids AS uuid[]), CAST(:subscriber_ids AS uuid[]), CAST(:addresses AS text[]),
    CAST(:languages AS text[]), CAST(:abouts AS text[])
) AS one (id, batch_id, subscriber_id, address, language, about)
""")


def _write_deliveries(session: Session, notification: Notification, chosen: Sequence[Chosen]) -> int:
    """Write the batches and deliveries for `chosen`, each channel's for itself; returns how many batches."""
    return sum(
        _write_channel(session, notification, channel, [one for one in chosen if one.channel is channel])
        for channel in Channel
    )


def _write_channel(session: Session, notification: Notification, channel: Channel, chosen: Sequence[Chosen]) -> int:
    """The same for those who are told by one channel, in a statement each."""
    if not chosen:
        return 0
    everywhere = {
        "organization_id": notification.organization_id,
        "notification_id": notification.id,
        "channel": channel.value,
        "now": clock.now(),
    }
    batches = {new_id(): chosen[first : first + BATCH_SIZE] for first in range(0, len(chosen), BATCH_SIZE)}
    sizes = [len(members) for members in batches.values()]
    session.execute(_WRITE_BATCHES, {**everywhere, "ids": list(batches), "sizes": sizes})
    session.execute(
        _WRITE_DELIVERIES,
        {
            **everywhere,
            "ids": [new_id() for _ in chosen],
            "batch_ids": [batch_id for batch_id, members in batches.items() for _ in members],
            "subscriber_ids": [one.subscriber_id for one in chosen],
            "addresses": [one.address for one in chosen],
            "languages": [one.language for one in chosen],
            "abouts": [one.about for one in chosen],
        },
    )
    return len(batches)
