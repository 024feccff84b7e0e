"""Maintenance windows as visitors see them, read in a scope that is open."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true

from app.database.base import Words
from app.database.scope import Scope
from app.maintenance.models import Maintenance, MaintenanceService, MaintenanceUpdate
from app.maintenance.rules import RUNNING, MaintenanceStage
from app.pages.address import PageAddress
from app.pages.affected import WINDOW_TOUCHES, affected_views, services_touched
from app.pages.selection import shows_maintenance
from app.pages.views import AffectedView, MaintenanceUpdateView, MaintenanceView
from app.services.rules import ServiceStatus
from app.text.languages import PageLanguage
from app.translated.queries import translation_of

MOST_PLANNED_SHOWN = 10
"""Windows still to come on a page; the calendar has all."""


def read_maintenance(scope: Scope, page: PageAddress, condition: ColumnElement[bool]) -> tuple[MaintenanceView, ...]:
    """The page's windows for which `condition` holds, soonest first, each with all that was said of it and the services
    that it touches: one statement."""
    planned, is_planned = translation_of(Maintenance.id, Maintenance.organization_id, page.spoken)
    said, is_said = translation_of(MaintenanceUpdate.id, MaintenanceUpdate.organization_id, page.spoken)
    shown = literal(ServiceStatus.UNDER_MAINTENANCE, Words(ServiceStatus))
    touched = services_touched(page, MaintenanceService, WINDOW_TOUCHES, shown)
    rows = scope.session.execute(
        select(Maintenance, *touched.c, planned.title, planned.html, MaintenanceUpdate, said.html)
        .select_from(Maintenance)
        .join(touched, true())
        .outerjoin(
            MaintenanceUpdate,
            and_(
                MaintenanceUpdate.organization_id == Maintenance.organization_id,
                MaintenanceUpdate.maintenance_id == Maintenance.id,
            ),
        )
        .outerjoin(planned, is_planned)
        .outerjoin(said, is_said)
        .where(Maintenance.organization_id == scope.organization_id, shows_maintenance(page), condition)
        .order_by(
            Maintenance.starts_at, Maintenance.id, MaintenanceUpdate.posted_at.desc(), MaintenanceUpdate.id.desc()
        )
    )
    windows: dict[UUID, _Window] = {}
    for maintenance, ids, names, statuses, title, plan, update, html in rows:
        if maintenance.id not in windows:
            windows[maintenance.id] = _Window(
                maintenance,
                title or maintenance.title,
                plan or maintenance.html,
                None if plan else page.language,
                affected_views(ids, names, statuses),
                [],
            )
        if update is not None:
            language = None if html else page.language
            words = html or update.html
            windows[maintenance.id].updates.append(
                MaintenanceUpdateView(update.id, update.stage, words, update.posted_at, update.edited_at, language)
            )
    return tuple(map(_view, windows.values()))


def shown_on_page(scope: Scope, page: PageAddress, now: datetime, since: datetime) -> ColumnElement[bool]:
    """Of a window: that it runs, or is one of the next to come, or ended after `since`.

    Of a series only the next one counts: one that comes each day would leave room for nothing else.
    """
    coming = (
        select(
            Maintenance.id,
            Maintenance.starts_at,
            func.row_number()
            .over(
                partition_by=func.coalesce(Maintenance.series_id, Maintenance.id),
                order_by=(Maintenance.starts_at, Maintenance.id),
            )
            .label("of_series"),
        )
        .where(
            Maintenance.organization_id == scope.organization_id,
            Maintenance.stage == MaintenanceStage.SCHEDULED,
            Maintenance.ends_at > now,
            shows_maintenance(page),
        )
        .subquery()
    )
    soonest = (
        select(coming.c.id)
        .where(coming.c.of_series == 1)
        .order_by(coming.c.starts_at, coming.c.id)
        .limit(MOST_PLANNED_SHOWN)
    )
    return or_(
        Maintenance.stage.in_(RUNNING),
        and_(Maintenance.stage == MaintenanceStage.COMPLETED, Maintenance.ends_at >= since),
        Maintenance.id.in_(soonest),
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """A window's row with what was read along with it; words as the visitor reads them."""

    maintenance: Maintenance
    title: str
    html: str
    language: PageLanguage | None
    affected: tuple[AffectedView, ...]
    updates: list[MaintenanceUpdateView]


def _view(window: _Window) -> MaintenanceView:
    maintenance = window.maintenance
    return MaintenanceView(
        id=maintenance.id,
        title=window.title,
        html=window.html,
        stage=maintenance.stage,
        starts_at=maintenance.starts_at,
        ends_at=maintenance.ends_at,
        started_at=maintenance.started_at,
        completed_at=maintenance.completed_at,
        cancelled_at=maintenance.cancelled_at,
        edited_at=maintenance.edited_at,
        created_at=maintenance.created_at,
        changed_at=maintenance.changed_at,
        version=maintenance.version,
        is_repeating=maintenance.series_id is not None,
        affected=window.affected,
        updates=tuple(window.updates),
        language=window.language,
    )
