"""A page as JSON. The names are those that HeyStatus' users read already, and more; a test holds docs/api.md to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.pages.groups import STRIP_DAYS
from app.pages.rules import indicator
from app.pages.views import (
    AffectedView,
    AnnouncementView,
    GroupView,
    IncidentView,
    MaintenanceUpdateView,
    MaintenanceView,
    PageView,
    ServiceView,
    UpdateView,
)
from app.text.speech import words
from app.text.times import machine_time
from app.text.wording import cut_share

Document = Mapping[str, Any]
"""What `json.dumps` takes."""

FORMULA = "1 - sum(weight of status * time in status) / (known time - time under maintenance)"
"""docs/formulas.md, in one line."""

MOST_MAINTENANCES = 5
"""As HeyStatus has it; the calendar has all."""


def status_document(page: PageView) -> Document:
    """Everything that the page says at this moment, without its strips of days."""
    return {
        "organization": {"name": page.organization_name, "url": page.url},
        "status": {"indicator": indicator(page.overall.status), "description": words(page.overall.headline)},
        "updated_at": machine_time(page.built_at),
        "revision": page.revision,
        "services": [
            _service(service, place, page.settings.shows_uptime)
            for group in page.groups
            for place, services in _places(group)
            for service in services
        ],
        "uptime": _uptime(page) if page.settings.shows_uptime else None,
        "incidents": [_incident(incident, page.url) for incident in page.active_incidents],
        "scheduled_maintenances": [_maintenance(window, page.url) for window in page.maintenances[:MOST_MAINTENANCES]],
        "announcements": [_announcement(announcement) for announcement in page.announcements],
    }


@dataclass(frozen=True, slots=True)
class _Place:
    """Under which headings a service stands."""

    group: str | None
    parent_group: str | None = None


def _places(group: GroupView) -> Iterator[tuple[_Place, Sequence[ServiceView]]]:
    yield _Place(group.name), group.services
    for inner in group.groups:
        yield _Place(inner.name, group.name), inner.services


def _service(service: ServiceView, place: _Place, shows_uptime: bool) -> Document:
    return {
        "id": str(service.id),
        "name": service.name,
        "description": service.description,
        "group": place.group,
        "parent_group": place.parent_group,
        "status": service.status.value,
        "since": machine_time(service.since),
        "uptime_90_days": None if service.uptime is None or not shows_uptime else _percentage(service.uptime),
    }


def _uptime(page: PageView) -> Document:
    """What `uptime_90_days` is made of: the days, how much each fault counts, and how."""
    return {
        "days": STRIP_DAYS,
        "first_day": (page.today - timedelta(days=STRIP_DAYS - 1)).isoformat(),
        "last_day": page.today.isoformat(),
        "time_zone": page.time_zone.key,
        "weights": {status.value: weight for status, weight in page.settings.weights.items()},
        "formula": FORMULA,
    }


def _incident(incident: IncidentView, page_url: str) -> Document:
    return {
        "id": str(incident.id),
        "title": incident.title,
        "impact": incident.impact.value,
        "status": incident.stage.value,
        "created_at": machine_time(incident.started_at),
        "last_updated_at": machine_time(_last_updated_at(incident)),
        "next_update_at": _time_or_none(incident.next_update_at),
        "url": f"{page_url}/incidents/{incident.id}",
        "services": [_affected(service) for service in incident.affected],
        "updates": [_update(update) for update in incident.latest_updates],
    }


def _maintenance(window: MaintenanceView, page_url: str) -> Document:
    return {
        "id": str(window.id),
        "title": window.title,
        "status": window.stage.value,
        "message": window.text,
        "start_time": machine_time(window.starts_at),
        "end_time": machine_time(window.ends_at),
        "started_at": _time_or_none(window.started_at),
        "created_at": machine_time(window.created_at),
        "last_updated_at": machine_time(window.changed_at),
        "repeats": window.is_repeating,
        "url": f"{page_url}/maintenance/{window.id}",
        "services": [_affected(service) for service in window.affected],
        "updates": [_update(update) for update in window.latest_updates],
    }


def _announcement(announcement: AnnouncementView) -> Document:
    return {
        "id": str(announcement.id),
        "level": announcement.level.value,
        "title": announcement.title,
        "message": announcement.text,
        "begins_at": machine_time(announcement.begins_at),
        "ends_at": _time_or_none(announcement.ends_at),
        "edited_at": _time_or_none(announcement.edited_at),
    }


def _update(update: UpdateView | MaintenanceUpdateView) -> Document:
    return {
        "id": str(update.id),
        "status": update.stage.value,
        "message": update.text,
        "created_at": machine_time(update.posted_at),
        "edited_at": _time_or_none(update.edited_at),
    }


def _time_or_none(at: datetime | None) -> str | None:
    return None if at is None else machine_time(at)


def _affected(service: AffectedView) -> Document:
    return {"id": str(service.id), "name": service.name, "status": service.status.value}


def _percentage(share: float) -> float:
    """The very number that the page shows: 99.94."""
    return float(cut_share(share) * 100)


def _last_updated_at(incident: IncidentView) -> datetime:
    return max((update.posted_at for update in incident.updates), default=incident.started_at)
