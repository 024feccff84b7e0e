"""Merging a duplicate into the incident that it is about as well. Reasons: docs/decisions/0019-merging.md."""

from uuid import UUID

from sqlalchemy import update

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, NotFound
from app.incidents import asks, steps
from app.incidents.models import Incident
from app.incidents.rules import LastChange, Stage


def merge_incident(incident_id: UUID, into_id: UUID, *, notify: bool = False, by: Actor) -> Incident:
    """Close an open incident because it is about the same trouble as another, which takes over what it asks.

    Its messages stay readable at its address, with a note that leads to the other. So does the address of whatever
    was merged into it before.

    Args:
        incident_id: the duplicate.
        into_id: the incident that goes on.
        notify: whether subscribers are told where it goes on.
        by: who does it.

    Raises:
        NotFound: the duplicate is missing; a draft is no incident.
        Invalid: they are the same one, one of them is over, or the one that goes on is missing.
    """
    if incident_id == into_id:
        raise Invalid({"into": "An incident cannot be merged into itself. Choose another one."})
    with organization_scope(by) as scope:
        # In one order for all, so that two who merge the same ones the other way round do not block each other.
        locked = {one: scope.find(Incident, one, lock=True) for one in sorted((incident_id, into_id))}
        duplicate, target = locked[incident_id], locked[into_id]
        if duplicate is None or duplicate.deleted_at is not None:
            raise NotFound
        if target is None or target.deleted_at is not None:
            raise Invalid({"into": "That incident was deleted meanwhile. Choose another one."})
        _check_open(duplicate, target)
        now = asks.take_over(scope, duplicate, target)
        _lead_on(scope, duplicate, target)
        duplicate.merged_into_id, duplicate.merged_at = target.id, now
        duplicate.stage, duplicate.resolved_at = Stage.RESOLVED, now
        duplicate.remind_at = duplicate.next_update_at = None
        steps.mark_changed(scope, duplicate, LastChange.MERGED)
        steps.mark_changed(scope, target, LastChange.MERGED)
        scope.record("incident.merged", duplicate, name=duplicate.title, changes={"into": (None, target.title)})
        touched = sorted({str(ask.service_id) for one in (duplicate, target) for ask in asks.read_asks(scope, one)})
        scope.emit(
            "incident.merged",
            {
                "incident_id": str(duplicate.id),
                "into_id": str(target.id),
                "notify": notify,
                "service_ids": touched,
            },
        )
    return target


def _check_open(duplicate: Incident, target: Incident) -> None:
    if duplicate.resolved_at is not None:
        raise Invalid({"into": "This incident is over already: there is nothing left to merge."})
    if target.merged_into_id is not None:
        raise Invalid({"into": "That incident was merged into another one itself. Choose that one."})
    if target.resolved_at is not None:
        raise Invalid({"into": "That incident is resolved. Choose one that is still open."})


def _lead_on(scope: Scope, duplicate: Incident, target: Incident) -> None:
    """Have what was merged into the duplicate before lead to where it goes on: nobody follows a chain of notes."""
    scope.session.execute(
        update(Incident)
        .where(Incident.organization_id == scope.organization_id, Incident.merged_into_id == duplicate.id)
        .values(merged_into_id=target.id)
    )
