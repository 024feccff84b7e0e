"""Where browsers are reached, for those who send to them."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select

from app.database.scope import Scope
from app.push.models import PushEndpoint
from app.push.rules import Endpoint


def read_endpoints(scope: Scope, subscriber_ids: Collection[UUID]) -> Mapping[UUID, Endpoint]:
    """The browsers of these subscribers: one statement."""
    rows = scope.session.scalars(
        select(PushEndpoint).where(
            PushEndpoint.organization_id == scope.organization_id, PushEndpoint.subscriber_id.in_(subscriber_ids)
        )
    )
    return {row.subscriber_id: Endpoint(row.url, row.public_key, row.secret) for row in rows}
