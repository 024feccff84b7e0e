"""Drafts of incidents: the form that reports one, kept for later. How it is drawn and read is in `incidents`."""

from datetime import timedelta
from uuid import UUID

from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.affected import FIELD, AffectedChoices, read_choices
from app.blueprints.dashboard.answers import current_organization, done, done_elsewhere, render_page
from app.blueprints.dashboard.filling import Known, finish, read_picker
from app.blueprints.dashboard.forms import ReportForm
from app.blueprints.dashboard.incidents import (
    read_chosen,
    read_report,
    render_filled,
    render_report,
    state_of,
)
from app.errors import Conflict, Invalid
from app.incidents.drafts import actions
from app.incidents.drafts.queries import DraftRow, get_draft
from app.incidents.message_templates.rules import TemplateKind
from app.organizations.rules import Role
from app.text.local_times import write_local_time
from app.text.markdown import render_markdown
from app.translated.queries import list_own_texts
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.post("/incidents/drafts")
@requires(Role.EDITOR)
def save_draft() -> ResponseReturnValue:
    form = ReportForm()
    if not form.validate():
        return render_report(form, read_chosen(form), REFUSED)
    chosen = read_chosen(form)
    try:
        draft = actions.save_draft(_content(form, chosen), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return render_report(form, chosen, REFUSED)
    except Conflict as conflict:
        form.begin_anew()
        return render_report(form, chosen, conflict.status, conflict=conflict)
    return done_elsewhere("The draft is kept. Only your team sees it.", "edit_draft", draft_id=draft.id)


@blueprint.get("/incidents/drafts/<uuid:draft_id>")
def edit_draft(draft_id: UUID) -> ResponseReturnValue:
    """The form with what is there so far; for those who may not write, the text alone."""
    draft = get_draft(current_member.actor, draft_id)
    if not current_member.may(Role.EDITOR):
        return render_page("dashboard/incidents/draft.html", draft=draft, text=render_markdown(draft.message))
    zone, began_at, due_at = current_organization().zone, draft.started_at, draft.next_update_at
    form = ReportForm(
        data={
            "title": draft.title,
            "message": draft.message,
            "stage": draft.stage.value,
            "impact": draft.impact.value,
            "started_at": write_local_time(began_at, zone) if began_at else "",
            "next_update": str(draft.next_update_in // timedelta(minutes=1)) if draft.next_update_in else "",
            "next_update_at": write_local_time(due_at, zone) if due_at else "",
            "notify": draft.notify,
            "follows": str(draft.follows_id or ""),
            "seen_version": str(draft.version),
        }
    )
    form.put_own_texts(list_own_texts(current_member.actor, draft_id))
    form.begin_anew()
    fields = {f"{FIELD}{service_id}": status or "suggested" for service_id, status in draft.affected.items()}
    return render_report(form, read_choices(fields, state_of(form)), kept=draft)


@blueprint.post("/incidents/drafts/<uuid:draft_id>")
@requires(Role.EDITOR)
def save_draft_again(draft_id: UUID) -> ResponseReturnValue:
    draft, form = get_draft(current_member.actor, draft_id), ReportForm()
    if not form.validate():
        return render_report(form, read_chosen(form), REFUSED, kept=draft)
    chosen = read_chosen(form)
    try:
        seen = form.to_seen_version()
        actions.edit_draft(draft_id, _content(form, chosen), seen_version=seen, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return render_report(form, chosen, REFUSED, kept=draft)
    except Conflict as conflict:
        return _render_conflict(draft_id, form, chosen, conflict)
    return done("The draft is saved.", "edit_draft", draft_id=draft_id)


@blueprint.post("/incidents/drafts/<uuid:draft_id>/draft")
@requires(Role.EDITOR)
def draw_draft(draft_id: UUID) -> ResponseReturnValue:
    """The form as it stands, with suggestion, count and preview brought up to date. Nothing is saved."""
    return render_filled(ReportForm(), get_draft(current_member.actor, draft_id))


@blueprint.post("/incidents/drafts/<uuid:draft_id>/publish")
@requires(Role.EDITOR)
def publish_draft(draft_id: UUID) -> ResponseReturnValue:
    form = ReportForm()
    if not form.validate():
        return render_report(form, read_chosen(form), REFUSED, kept=get_draft(current_member.actor, draft_id))
    chosen = read_chosen(form)
    try:
        new = read_report(form, chosen)
        seen = form.to_seen_version()
        incident = actions.publish_draft(draft_id, new, seen_version=seen, by=current_member.actor)
    except Invalid as refusal:
        form.add_faults(refusal)
        return render_report(form, chosen, REFUSED, kept=get_draft(current_member.actor, draft_id))
    except Conflict as conflict:
        return _render_conflict(draft_id, form, chosen, conflict)
    return done_elsewhere("The incident is on your page.", "incident", incident_id=incident.id)


@blueprint.post("/incidents/drafts/<uuid:draft_id>/discard")
@requires(Role.EDITOR)
def discard_draft(draft_id: UUID) -> ResponseReturnValue:
    actions.discard_draft(draft_id, by=current_member.actor)
    return done("The draft is gone.", "incidents")


def _content(form: ReportForm, chosen: AffectedChoices) -> actions.DraftContent:
    """What is kept of the form.

    Raises:
        Invalid: its template is not filled in: a draft does not remember which one that was. Or a time in it is none,
            which the form knows already.
    """
    zone, promised_in = current_organization().zone, form.to_next_update_in()
    next_update_at = form.read_next_update(zone, clock.now()) if promised_in is None else None
    started_at = form.read_started_at(zone)
    if form.errors:
        raise Invalid({})
    texts = finish(read_picker(TemplateKind.INCIDENT), form, Known(chosen.names))
    return actions.DraftContent(
        title=texts.title,
        message=texts.message,
        stage=form.to_stage(),
        impact=form.to_impact(),
        affected={choice.service_id: choice.chosen for choice in chosen.choices},
        started_at=started_at,
        next_update_at=next_update_at,
        next_update_in=promised_in,
        notify=form.notify.data,
        follows_id=form.to_follows_id(),
        form_id=form.to_form_id(),
        translations=form.to_own_texts(),
    )


def _render_conflict(
    draft_id: UUID, form: ReportForm, chosen: AffectedChoices, conflict: Conflict
) -> ResponseReturnValue:
    """The form with what was typed, and the draft as it is now beside it; what is sent from here has seen that."""
    draft: DraftRow = get_draft(current_member.actor, draft_id)
    form.seen_version.data = str(draft.version)
    return render_report(form, chosen, conflict.status, conflict=conflict, kept=draft)
