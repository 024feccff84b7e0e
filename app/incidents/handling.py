"""Who is handling an incident: known to members only, and only while they are members."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, InvalidTransition
from app.incidents import steps
from app.incidents.models import Incident
from app.organizations.models import Membership
from app.organizations.rules import Role

NO_MEMBER = "They are no member any more. Choose somebody else."


def set_handler(incident_id: UUID, user_id: UUID | None, *, by: Actor) -> Incident:
    """Have a member handle an incident from now on, or nobody. Visitors do not see it.

    Raises:
        NotFound: no such incident.
        Invalid: that member may not post updates, or is none any more.
        InvalidTransition: the incident is over.
    """
    with organization_scope(by) as scope:
        incident = steps.lock_incident(scope, incident_id)
        if incident.resolved_at is not None:
            raise InvalidTransition("This incident is over: nobody has to handle it any more.")
        if user_id is not None:
            _check_may_handle(scope, user_id)
        if incident.handler_user_id == user_id:
            return incident
        incident.handler_user_id = user_id
        try:
            scope.record("incident.handed_over", incident, name=incident.title)
        except IntegrityError as error:  # they were removed in this very moment
            raise Invalid({"handler": NO_MEMBER}) from error
        handler = str(user_id) if user_id else None
        scope.emit("incident.handed_over", {"incident_id": str(incident.id), "user_id": handler}, visible=False)
    return incident


def _check_may_handle(scope: Scope, user_id: UUID) -> None:
    role = scope.session.scalar(
        select(Membership.role).where(
            Membership.organization_id == scope.organization_id, Membership.user_id == user_id
        )
    )
    if role is None:
        raise Invalid({"handler": NO_MEMBER})
    if not role.includes(Role.EDITOR):
        raise Invalid({"handler": "A viewer cannot post updates. Choose an editor or an admin."})
