"""What the clock does to windows when their time has come.

Each step is a transaction of its own: it locks the window, asks again what is due, does it and emits its event. So a
step happens once however many clocks run, and a clock that dies leaves nothing half done.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import NotFound
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.maintenance.rules import Act, MaintenanceStage, Step, due_step
from app.maintenance.series import continue_series
from app.maintenance.settling import settle_as_planned
from app.maintenance.windows import (
    DEFAULT_WORDS,
    add_update,
    change_stage,
    plan_of,
    read_service_ids,
    schedule_look,
    tell,
    touch,
)
from app.organizations.models import Organization
from app.services.claims import lock_services

MOST_AT_ONCE = 200
"""How many windows one round takes; the next one, a second later, takes the rest."""


def keep_windows() -> None:
    """Remind, start, complete and tell of overruns, in the order in which all of it was planned."""
    _take_due(Maintenance, take_step)


def keep_series() -> None:
    """Plan the occurrences that have come near enough."""
    _take_due(MaintenanceSeries, continue_series)


def take_step(maintenance_id: UUID, *, by: Actor) -> datetime | None:
    """Do what is due for a window, one thing at most. Done twice, the second time finds nothing to do.

    Returns:
        When the clock has to look again; None: never.

    Raises:
        NotFound: no such window.
    """
    with organization_scope(by) as scope:
        window = scope.lock(Maintenance, maintenance_id)
        now = clock.now()
        step = due_step(plan_of(window), now)
        if step is None:
            _let_reminders_go(window, now)
        else:
            _ACTS[step.act](scope, window, step, now)
        return window.due_at


def _remind(scope: Scope, window: Maintenance, step: Step, now: datetime) -> None:
    _let_reminders_go(window, now)
    minutes = (step.lead or timedelta()) // timedelta(minutes=1)
    tell(scope, "maintenance.reminded", window, notify=window.notify, visible=False, lead_minutes=minutes)


def _let_reminders_go(window: Maintenance, now: datetime) -> None:
    """Reminders up to now are sent, or too late to be sent."""
    window.reminded_through = max(window.reminded_through, now)
    schedule_look(window)


def _start(scope: Scope, window: Maintenance, step: Step, now: datetime) -> None:
    services = lock_services(scope, read_service_ids(scope, window))
    began_at = min(now, max(step.at, window.planned_at))
    change_stage(window, MaintenanceStage.IN_PROGRESS, began_at)
    touch(window, now)
    update = add_update(scope, window, DEFAULT_WORDS[window.stage], notify=window.notify, at=now)
    settle_as_planned(scope, window, services.values(), began_at, now)
    tell(scope, "maintenance.started", window, update, notify=window.notify, service_ids=services)


def _complete(scope: Scope, window: Maintenance, step: Step, now: datetime) -> None:
    services = lock_services(scope, read_service_ids(scope, window))
    ended_at = min(now, max(step.at, window.started_at or step.at))
    change_stage(window, MaintenanceStage.COMPLETED, ended_at)
    touch(window, now)
    update = add_update(scope, window, DEFAULT_WORDS[window.stage], notify=window.notify, at=now)
    settle_as_planned(scope, window, services.values(), ended_at, now)
    tell(scope, "maintenance.completed", window, update, notify=window.notify, service_ids=services)


def _tell_overrun(scope: Scope, window: Maintenance, step: Step, now: datetime) -> None:
    window.overran_at = now
    schedule_look(window)
    scope.record("maintenance.overran", window, name=window.title)
    scope.emit("maintenance.overran", {"maintenance_id": str(window.id)}, visible=False)


_ACTS: dict[Act, Callable[[Scope, Maintenance, Step, datetime], None]] = {
    Act.REMIND: _remind,
    Act.START: _start,
    Act.COMPLETE: _complete,
    Act.OVERRUN: _tell_overrun,
}


def _take_due(table: type[Maintenance] | type[MaintenanceSeries], take: Callable[..., datetime | None]) -> None:
    """Take what is due, the longest due first; one that fails does not keep the others waiting.

    Raises:
        Exception: the first that failed; it is tried again in the next round.
    """
    waiting = _read_due(table)
    heapify(waiting)
    failure: Exception | None = None
    while waiting:
        _, row_id, organization_id = heappop(waiting)
        try:
            again = take(row_id, by=Actor.clock(organization_id))
        except NotFound:
            continue  # its organization has gone meanwhile
        except Exception as error:  # whatever is wrong with one window, the others must not wait
            error.add_note(f"{table.__tablename__} {row_id} of organization {organization_id}")
            failure = failure or error
        else:
            if again is not None and again <= clock.now():
                heappush(waiting, (again, row_id, organization_id))
    if failure is not None:
        raise failure


def _read_due(table: type[Maintenance] | type[MaintenanceSeries]) -> list[tuple[datetime, UUID, UUID]]:
    with system_scope("the clock looks in all organizations for maintenance whose time has come") as scope:
        rows = scope.session.execute(
            select(table.due_at, table.id, table.organization_id)
            .join(Organization, Organization.id == table.organization_id)
            .where(table.due_at <= clock.now(), Organization.closing_at.is_(None))
            .order_by(table.due_at, table.id)
            .limit(MOST_AT_ONCE)
        )
        return [(due_at, row_id, organization_id) for due_at, row_id, organization_id in rows if due_at is not None]
