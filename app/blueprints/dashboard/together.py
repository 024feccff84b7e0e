"""What a team settles among itself about an incident: who handles it, and of which other one it is a duplicate."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.blueprints.dashboard.incident_forms import NOBODY, HandlerForm, MergeForm
from app.delivery.queries import count_to_be_told
from app.errors import Invalid, InvalidTransition, NotFound
from app.incidents.handling import set_handler
from app.incidents.merging import merge_incident
from app.incidents.queries import get_incident
from app.incidents.relations import list_targets
from app.organizations.rules import Role
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.post("/incidents/<uuid:incident_id>/handler")
@requires(Role.EDITOR)
def save_handler(incident_id: UUID) -> ResponseReturnValue:
    form = HandlerForm()
    handler = form.handler.data or NOBODY
    user_id = find_uuid(handler)
    if handler != NOBODY and user_id is None:
        raise NotFound
    try:
        set_handler(incident_id, user_id, by=current_member.actor)
    except (Invalid, InvalidTransition) as refusal:
        return done(str(refusal), "incident", incident_id=incident_id)
    if user_id is None:
        said = "Nobody handles this incident now."
    elif user_id == current_member.person.user_id:
        said = "You are handling this incident."
    else:
        said = "The incident is handed over."
    return done(said, "incident", incident_id=incident_id)


@blueprint.get("/incidents/<uuid:incident_id>/merge")
@requires(Role.EDITOR)
def choose_merger(incident_id: UUID) -> ResponseReturnValue:
    """Say what merging means before it is done."""
    return _render(incident_id, MergeForm(data={"notify": True}))


@blueprint.post("/incidents/<uuid:incident_id>/merge")
@requires(Role.EDITOR)
def merge(incident_id: UUID) -> ResponseReturnValue:
    form = MergeForm()
    into_id = form.to_into_id()
    if into_id is None:
        get_incident(current_member.actor, incident_id)
        add_faults(form, Invalid({"into": "Choose the incident that goes on."}))
        return _render(incident_id, form, REFUSED)
    try:
        merge_incident(incident_id, into_id, notify=bool(form.notify.data), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render(incident_id, form, REFUSED)
    return done("The incidents are one now. It goes on here.", "incident", incident_id=into_id)


def _render(incident_id: UUID, form: MergeForm, status: int = 200) -> ResponseReturnValue:
    actor = current_member.actor
    detail = get_incident(actor, incident_id)
    form.offer(list_targets(actor, incident_id))
    touched = [service.service_id for service in detail.row.affected]
    return render_page(
        "dashboard/incidents/merge.html",
        status,
        detail=detail,
        form=form,
        recipients=count_to_be_told(actor, touched, incident_id=incident_id),
    )
