"""The services that an incident or a maintenance touches, as far as a page shows them: read along with it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import LateralFromClause

from app.incidents.models import Incident, IncidentService
from app.maintenance.models import Maintenance, MaintenanceService
from app.pages.address import PageAddress
from app.pages.selection import shows_service
from app.pages.views import AffectedView
from app.services.models import Service
from app.services.rules import ServiceStatus

INCIDENT_TOUCHES = and_(
    IncidentService.organization_id == Incident.organization_id, IncidentService.incident_id == Incident.id
)
"""Whether an `IncidentService` is the `Incident`'s."""

WINDOW_TOUCHES = and_(
    MaintenanceService.organization_id == Maintenance.organization_id,
    MaintenanceService.maintenance_id == Maintenance.id,
)
"""Whether a `MaintenanceService` is the `Maintenance`'s."""


def incident_touches(service_id: UUID) -> ColumnElement[bool]:
    """Whether an `Incident` touches a service."""
    return exists().where(INCIDENT_TOUCHES, IncidentService.service_id == service_id)


def window_touches(service_id: UUID) -> ColumnElement[bool]:
    """Whether a `Maintenance` does."""
    return exists().where(WINDOW_TOUCHES, MaintenanceService.service_id == service_id)


def services_touched(
    page: PageAddress,
    touch: type[IncidentService] | type[MaintenanceService],
    touches: ColumnElement[bool],
    status: SQLColumnExpression[Any],
) -> LateralFromClause:
    """To be joined where incidents or windows are read: one row for each, whose three arrays `affected_views` takes.

    Args:
        page: only its services count, in its order.
        touch: the table that says what is touched.
        touches: which of its rows do.
        status: what each has the service show.
    """
    in_order = (Service.position, Service.id)
    return (
        select(
            func.array_agg(aggregate_order_by(Service.id, *in_order)).label("ids"),
            func.array_agg(aggregate_order_by(Service.name, *in_order)).label("names"),
            func.array_agg(aggregate_order_by(status, *in_order)).label("statuses"),
        )
        .select_from(touch)
        .join(Service, and_(Service.organization_id == touch.organization_id, Service.id == touch.service_id))
        .where(touches, shows_service(page))
        .lateral()
    )


def affected_views(
    ids: Sequence[UUID] | None, names: Sequence[str] | None, statuses: Sequence[ServiceStatus] | None
) -> tuple[AffectedView, ...]:
    """What was read, one by one; nothing is touched where there are no arrays."""
    return tuple(map(AffectedView, ids or (), names or (), statuses or ()))
