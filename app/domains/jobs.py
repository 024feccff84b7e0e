"""Looking for the records that prove domains. Each look may be made twice: it writes down what there is."""

from uuid import UUID

import structlog
from sqlalchemy import select

from app import clock
from app.database.scope import system_scope
from app.domains import bell
from app.domains.actions import note_look
from app.domains.models import PageDomain
from app.domains.resolver import ResolverAway, has_address, read_texts
from app.domains.rules import Found, record_name

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 50
ALONE_AT_ONCE = 2
"""With Redis away nobody hears a bell: so many per sweep the clock then looks for itself."""


def look(organization_id: str, page_id: str) -> None:
    """Ask the domain name system for the record of a page's domain, and write down what it says.

    Nothing is open in the database meanwhile: an answer may take seconds.
    """
    with system_scope("a worker looks for domains of all organizations") as scope:
        host = scope.session.scalar(
            select(PageDomain.host).filter_by(organization_id=UUID(organization_id), page_id=UUID(page_id))
        )
    if host is not None:
        note_look(UUID(organization_id), UUID(page_id), host, _find(host))


def look_for_due() -> None:
    """Have those looked for whose time has come, or whose bell was lost."""
    with system_scope("domains of all organizations are looked for again and again") as scope:
        due = scope.session.execute(
            select(PageDomain.organization_id, PageDomain.page_id)
            .where(PageDomain.next_check_at <= clock.now())
            .order_by(PageDomain.next_check_at)
            .limit(MOST_AT_ONCE)
        ).all()
    looked = 0
    for organization_id, page_id in due:
        if not bell.ring(organization_id, page_id) and looked < ALONE_AT_ONCE:
            looked += 1
            look(str(organization_id), str(page_id))


def _find(host: str) -> Found | None:
    try:
        return Found(texts=read_texts(record_name(host)), leads_somewhere=has_address(host))
    except ResolverAway:
        log.warning("domains.resolver_away", host=host)
        return None
