"""What one page shows of its organization, as conditions for the statements that read it.

A page shows all services, or those that its items name: services, and groups with whatever is in them and in their own
groups. It tells of the incidents and the maintenance that touch one of these, and of those that touch no service at
all: they are about the whole (decision 0025).
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select, true
from sqlalchemy.orm import aliased

from app.incidents.models import Incident, IncidentService
from app.maintenance.models import Maintenance, MaintenanceService
from app.pages.address import PageAddress
from app.pages.models import PageItem
from app.services.models import Service, ServiceGroup


def shows_service(page: PageAddress) -> ColumnElement[bool]:
    """Whether a `Service` is one of the page's, archived or not."""
    return true() if page.shows_all else Service.id.in_(_shown_services(page))


def shows_incident(page: PageAddress, incident: type[Incident] = Incident) -> ColumnElement[bool]:
    """Whether the page tells of an incident."""
    if page.shows_all:
        return true()
    touch = aliased(IncidentService)
    touched = (touch.organization_id == incident.organization_id, touch.incident_id == incident.id)
    return or_(exists().where(*touched, touch.service_id.in_(_shown_services(page))), ~exists().where(*touched))


def shows_maintenance(page: PageAddress) -> ColumnElement[bool]:
    """Whether the page tells of a `Maintenance`."""
    if page.shows_all:
        return true()
    touch = aliased(MaintenanceService)
    touched = (touch.organization_id == Maintenance.organization_id, touch.maintenance_id == Maintenance.id)
    return or_(exists().where(*touched, touch.service_id.in_(_shown_services(page))), ~exists().where(*touched))


def _shown_services(page: PageAddress) -> Select[UUID]:
    """The ids of the services that the page's items name."""
    # Aliases: the statements that this becomes a part of read the same tables.
    service, group, item = aliased(Service), aliased(ServiceGroup), aliased(PageItem)
    is_item = (item.organization_id == page.organization_id, item.page_id == page.page_id)
    groups = select(item.group_id).where(*is_item, item.group_id.is_not(None))
    nested = select(group.id).where(group.organization_id == page.organization_id, group.parent_id.in_(groups))
    named = select(item.service_id).where(*is_item, item.service_id.is_not(None))
    return select(service.id).where(
        service.organization_id == page.organization_id,
        or_(service.id.in_(named), service.group_id.in_(groups), service.group_id.in_(nested)),
    )
