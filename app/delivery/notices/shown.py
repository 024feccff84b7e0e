"""What of a happening one page's subscribers hear: nothing that the page itself would not show them (decision 0033)."""

from collections.abc import Collection, Set
from uuid import UUID

from sqlalchemy import exists, select

from app.database.scope import Scope
from app.delivery.models import Notification
from app.pages.address import PageAddress
from app.pages.selection import shows_service
from app.services.models import Service


def shown_among(scope: Scope, page: PageAddress | None, service_ids: Collection[UUID]) -> Set[UUID]:
    """Those of these services that the page shows."""
    if page is None or page.shows_all or not service_ids:
        return frozenset(service_ids)
    return frozenset(
        scope.session.scalars(
            select(Service.id).where(
                Service.organization_id == scope.organization_id, Service.id.in_(service_ids), shows_service(page)
            )
        )
    )


def hears_of(
    scope: Scope, page: PageAddress | None, *, touched: Collection[UUID], shown: Collection[UUID], story_id: UUID
) -> bool:
    """Whether a page's subscribers are told of something that touches these services, of which it shows some.

    What touches none at all is about the whole. Whoever was told how a story began hears how it goes on, though it
    touches nothing that their page shows any more.
    """
    if page is None or shown or not touched:
        return True
    return bool(
        scope.session.scalar(
            select(
                exists().where(
                    Notification.organization_id == scope.organization_id,
                    Notification.page_id == page.page_id,
                    Notification.story_id == story_id,
                )
            )
        )
    )
