"""What a page said lately, message by message, for programs that follow it: readers of feeds, and chats.

Each message is an entry of its own. Most programs show an entry once: an incident that was one entry would be told of
when it began, and never again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.incidents.models import Incident, IncidentUpdate
from app.maintenance.models import Maintenance
from app.maintenance.rules import MaintenanceStage
from app.pages.address import PageAddress
from app.pages.selection import shows_incident, shows_maintenance
from app.pages.timelines import read_incidents
from app.pages.views import AffectedView, IncidentView, MaintenanceUpdateView, MaintenanceView, UpdateView
from app.pages.windows import read_maintenance
from app.text.languages import PageLanguage

MOST_ENTRIES = 50
PAST = timedelta(days=90)
"""How far back a feed reaches, where fewer messages than `MOST_ENTRIES` were said meanwhile."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One public message; `html` is sanitised already."""

    id: UUID
    url: str
    """The page of what it is about."""
    stage: str
    """In English, as our own words are kept."""
    title: str
    """Of what it is about."""
    html: str
    affected: tuple[AffectedView, ...]
    posted_at: datetime
    edited_at: datetime | None
    language: PageLanguage
    planned: tuple[datetime, datetime] | None = None
    """When the work begins and ends, where it is planned."""

    @property
    def changed_at(self) -> datetime:
        return self.edited_at or self.posted_at


def read_feed(page: PageAddress) -> tuple[FeedEntry, ...]:
    """The page's latest messages about incidents and maintenance, the newest first: two statements."""
    since = clock.now() - PAST
    spoken_of = (
        select(IncidentUpdate.incident_id)
        .join(
            Incident,
            and_(
                Incident.organization_id == IncidentUpdate.organization_id,
                Incident.id == IncidentUpdate.incident_id,
            ),
        )
        .where(
            IncidentUpdate.organization_id == page.organization_id,
            IncidentUpdate.posted_at > since,
            Incident.deleted_at.is_(None),
            shows_incident(page),
        )
        .order_by(IncidentUpdate.posted_at.desc())
        .limit(MOST_ENTRIES)
    )
    changed = (
        select(Maintenance.id)
        .where(
            Maintenance.organization_id == page.organization_id,
            Maintenance.changed_at > since,
            # Of a series all windows are planned at once, months ahead: what is news is what becomes of each.
            or_(Maintenance.series_id.is_(None), Maintenance.stage != MaintenanceStage.SCHEDULED),
            shows_maintenance(page),
        )
        .order_by(Maintenance.changed_at.desc())
        .limit(MOST_ENTRIES)
    )
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        incidents = read_incidents(scope, page, Incident.id.in_(spoken_of))
        windows = read_maintenance(scope, page, Maintenance.id.in_(changed))
    entries = [entry for incident in incidents for entry in _of_incident(page, incident)]
    entries += [entry for window in windows for entry in _of_maintenance(page, window)]
    recent = (entry for entry in entries if entry.posted_at > since)
    return tuple(sorted(recent, key=lambda entry: (entry.posted_at, entry.id), reverse=True)[:MOST_ENTRIES])


def _of_incident(page: PageAddress, incident: IncidentView) -> Iterator[FeedEntry]:
    url = f"{page.url}/incidents/{incident.id}"
    return (_of_update(page, url, incident, update) for update in incident.updates)


def _of_maintenance(page: PageAddress, window: MaintenanceView) -> Iterator[FeedEntry]:
    url = f"{page.url}/maintenance/{window.id}"
    yield from (_of_update(page, url, window, update) for update in window.updates)
    if not window.is_repeating:
        yield FeedEntry(
            id=window.id,
            url=url,
            stage=MaintenanceStage.SCHEDULED.label,
            title=window.title,
            html=window.html,
            affected=window.affected,
            posted_at=window.created_at,
            edited_at=window.edited_at,
            language=window.language or page.spoken,
            planned=(window.starts_at, window.ends_at),
        )


def _of_update(
    page: PageAddress, url: str, about: IncidentView | MaintenanceView, update: UpdateView | MaintenanceUpdateView
) -> FeedEntry:
    return FeedEntry(
        id=update.id,
        url=url,
        stage=update.stage.label,
        title=about.title,
        html=update.html,
        affected=about.affected,
        posted_at=update.posted_at,
        edited_at=update.edited_at,
        language=update.language or page.spoken,
    )
