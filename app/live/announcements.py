"""Telling every process what was committed: the newest revision of an organization, the end of a session."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from redis import RedisError
from sqlalchemy import select

from app.database.outbox import Event, Revision
from app.database.scope import system_scope
from app.extensions import redis
from app.live.revisions import revisions
from app.live.stream import REVISIONS_CHANNEL, SESSIONS_CHANNEL

RIGHTS_CHANGED = frozenset({"member.role_changed", "member.removed", "member.left"})
"""Events after which a member's open sockets show what they may not see, or may do what they could not."""


def tell_revisions(events: Sequence[Event]) -> None:
    """Publish what visitors could see. This process knows at once, so whoever made a change also sees it at once.

    Raises:
        RedisError: it is away; the other processes find out by comparing with the database within a second.
    """
    for event in events:
        if event.visible:
            revisions.advance(event.organization_id, event.revision)
    for event in events:
        if event.visible:
            told = {
                "organization_id": str(event.organization_id),
                "revision": event.revision,
                "event_id": str(event.id),
            }
            redis.publish(REVISIONS_CHANNEL, json.dumps(told))


def tell_changed_rights(events: Sequence[Event]) -> None:
    """Have the sockets of those asked again whose role or membership has just changed."""
    for event in events:
        if event.kind in RIGHTS_CHANGED:
            tell_rights_changed(event.payload["user_id"])


def tell_session_ended(session_id: UUID) -> None:
    """Close the sockets of one session; without Redis they find out within seconds, by asking."""
    _tell_end({"session_id": str(session_id)})


def tell_rights_changed(user_id: UUID | str) -> None:
    """Have every socket of a person asked again whether it may stay."""
    _tell_end({"user_id": str(user_id)})


def read_revisions(organization_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """The present revisions of these organizations, from the database."""
    with system_scope("a web process watches the revisions of all organizations it serves") as scope:
        rows = scope.session.execute(
            select(Revision.organization_id, Revision.number).where(Revision.organization_id.in_(organization_ids))
        )
        return dict(rows.tuples().all())


def _tell_end(told: Mapping[str, str]) -> None:
    with suppress(RedisError, OSError):
        redis.publish(SESSIONS_CHANNEL, json.dumps(told))
