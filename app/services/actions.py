"""What can be done to services and their groups; their order is in `order.py`."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, refuse_faulty
from app.services.claims import Cause, lock_services, record_change, shown_status
from app.services.models import Service, ServiceGroup, StatusChange
from app.services.order import lock_order, next_position
from app.services.rollups.actions import mark_due
from app.services.rules import ServiceStatus, Source
from app.text.lengths import check_length

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 200
COMMENT_LENGTH = 500
MOST_SERVICES = 2000

GROUP_GONE = "This group was deleted meanwhile. Choose another one, or none."


@dataclass(frozen=True, slots=True)
class ServiceDetails:
    """What a service is called and where it stands."""

    name: str
    description: str = ""
    group_id: UUID | None = None


def create_service(details: ServiceDetails, *, by: Actor) -> Service:
    """Add a service at the end of its group. It is operational from now on; before, nothing is known.

    Raises:
        Invalid: name or description are refused, the group is gone, or the organization has as many services as it may.
    """
    _check(details)
    now = clock.now()
    with organization_scope(by) as scope:
        lock_order(scope)
        _check_group(scope, details.group_id)
        _check_room(scope)
        service = Service(
            organization_id=by.organization_id,
            group_id=details.group_id,
            name=details.name,
            description=details.description,
            position=next_position(scope, Service),
            status=ServiceStatus.OPERATIONAL,
            status_since=now,
            created_at=now,
        )
        scope.session.add(service)
        scope.session.flush()
        scope.session.add(_first_change(service, by))
        scope.record("service.created", service, name=service.name)
        scope.emit("service.created", {"service_id": str(service.id)})
    return service


def edit_service(service_id: UUID, details: ServiceDetails, *, by: Actor) -> Service:
    """Rename, describe or regroup a service.

    Raises:
        Invalid: name or description are refused, or the group is gone.
        NotFound: no such service.
    """
    _check(details)
    with organization_scope(by) as scope:
        lock_order(scope)
        service = scope.lock(Service, service_id)
        _check_group(scope, details.group_id)
        if details.group_id != service.group_id:
            service.group_id, service.position = details.group_id, next_position(scope, Service)
        service.name, service.description = details.name, details.description
        scope.record("service.edited", service, name=service.name)
        scope.emit("service.edited", {"service_id": str(service_id)})
    return service


def set_status(service_id: UUID, status: ServiceStatus, *, comment: str = "", by: Actor) -> Service:
    """Say what a service shows from now on. It overrules everything that was asked for it before (decision 0001).

    Raises:
        Invalid: the comment is too long.
        NotFound: no such service.
    """
    if fault := check_length(comment, COMMENT_LENGTH):
        raise Invalid({"comment": fault})
    with organization_scope(by) as scope:
        service = lock_services(scope, [service_id])[service_id]
        # Only now: whoever waited for the lock speaks after the one that held it.
        now = clock.now()
        service.manual_status, service.manual_status_at = status, now
        record_change(scope, service, shown_status(scope, service), Cause(Source.MANUAL, now, comment=comment))
        scope.record("service.status_changed", service, name=service.name, changes={"comment": (None, comment)})
        scope.emit("service.status_changed", {"service_id": str(service_id), "status": service.status.value})
    return service


def archive_service(service_id: UUID, *, by: Actor) -> None:
    """Take a service off the page and out of the forms. Its history stays; archiving twice changes nothing.

    Raises:
        NotFound: no such service.
    """
    _set_archived(service_id, archived=True, by=by)


def restore_service(service_id: UUID, *, by: Actor) -> None:
    """Bring an archived service back, at its place.

    Raises:
        NotFound: no such service.
    """
    _set_archived(service_id, archived=False, by=by)


def create_group(name: str, *, parent_id: UUID | None = None, by: Actor) -> ServiceGroup:
    """Add a group at the end of the page, or of the group that it shall stand in.

    Raises:
        Invalid: the name is refused, or that group is gone or stands in another one itself.
    """
    _check_name(name)
    with organization_scope(by) as scope:
        lock_order(scope)
        _check_parent(scope, parent_id)
        group = ServiceGroup(
            organization_id=by.organization_id,
            name=name,
            parent_id=parent_id,
            position=next_position(scope, ServiceGroup),
            created_at=clock.now(),
        )
        scope.session.add(group)
        scope.session.flush()
        scope.record("service_group.created", group, name=group.name)
        scope.emit("service_group.created", {"group_id": str(group.id)})
    return group


def edit_group(group_id: UUID, name: str, *, parent_id: UUID | None = None, by: Actor) -> ServiceGroup:
    """Give a group another name, or have it stand in another group, or in none.

    Raises:
        Invalid: the name is refused, the group to stand in is gone, or groups would be nested deeper than two levels.
        NotFound: no such group.
    """
    _check_name(name)
    with organization_scope(by) as scope:
        lock_order(scope)
        group = scope.lock(ServiceGroup, group_id)
        if parent_id != group.parent_id:
            _check_parent(scope, parent_id, group)
            group.parent_id, group.position = parent_id, next_position(scope, ServiceGroup)
        group.name = name
        scope.record("service_group.edited", group, name=group.name)
        scope.emit("service_group.edited", {"group_id": str(group_id)})
    return group


def delete_group(group_id: UUID, *, by: Actor) -> None:
    """Remove a group. Its services stay, in the group that it stood in or without one, and so do the groups in it.

    Raises:
        NotFound: no such group.
    """
    with organization_scope(by) as scope:
        lock_order(scope)
        group = scope.lock(ServiceGroup, group_id)
        mine = scope.organization_id
        scope.session.execute(
            update(Service)
            .where(Service.organization_id == mine, Service.group_id == group_id)
            .values(group_id=group.parent_id)
        )
        scope.session.execute(
            update(ServiceGroup)
            .where(ServiceGroup.organization_id == mine, ServiceGroup.parent_id == group_id)
            .values(parent_id=None)
        )
        scope.session.delete(group)
        scope.record("service_group.deleted", group, name=group.name)
        scope.emit("service_group.deleted", {"group_id": str(group_id)})


def _set_archived(service_id: UUID, *, archived: bool, by: Actor) -> None:
    with organization_scope(by) as scope:
        service = scope.lock(Service, service_id)
        if archived == (service.archived_at is not None):
            return
        service.archived_at = clock.now() if archived else None
        if not archived:
            mark_due(scope)
        kind = "service.archived" if archived else "service.restored"
        scope.record(kind, service, name=service.name)
        scope.emit(kind, {"service_id": str(service_id)})


def _check(details: ServiceDetails) -> None:
    refuse_faulty(
        {
            "name": _name_fault(details.name),
            "description": check_length(details.description, DESCRIPTION_LENGTH),
        }
    )


def _check_name(name: str) -> None:
    if fault := _name_fault(name):
        raise Invalid({"name": fault})


def _name_fault(name: str) -> str | None:
    if not name:
        return "Give it a name that your users know it by."
    return check_length(name, NAME_LENGTH)


def _check_group(scope: Scope, group_id: UUID | None) -> None:
    """Refuse a group that somebody has deleted since the form was opened, or that never was."""
    if group_id is not None and scope.find(ServiceGroup, group_id) is None:
        raise Invalid({"group": GROUP_GONE})


def _check_parent(scope: Scope, parent_id: UUID | None, group: ServiceGroup | None = None) -> None:
    """Refuse a third level: what holds groups stands in none, and what stands in one holds none."""
    if parent_id is None:
        return
    parent = scope.find(ServiceGroup, parent_id, lock=True)
    if parent is None:
        raise Invalid({"parent": GROUP_GONE})
    if parent.parent_id is not None or (group is not None and parent.id == group.id):
        raise Invalid({"parent": "Choose a group that stands in no other one."})
    if group is None:
        return
    mine = ServiceGroup.organization_id == scope.organization_id
    if scope.session.scalar(select(func.count()).where(mine, ServiceGroup.parent_id == group.id)):
        raise Invalid({"parent": f"Groups stand in {group.name} already. Move them out of it first."})


def _check_room(scope: Scope) -> None:
    mine = select(func.count()).where(Service.organization_id == scope.organization_id)
    if (scope.session.scalar(mine) or 0) >= MOST_SERVICES:
        raise Invalid({"name": f"An organization has at most {MOST_SERVICES:,} services."})


def _first_change(service: Service, by: Actor) -> StatusChange:
    return StatusChange(
        organization_id=service.organization_id,
        service_id=service.id,
        old_status=None,
        new_status=service.status,
        at=service.created_at,
        source=Source.MANUAL,
        actor_user_id=by.user_id,
        actor_name=by.name,
    )
