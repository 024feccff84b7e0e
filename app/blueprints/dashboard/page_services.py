"""Which services a page shows, and in which order: boxes to tick, and arrows that work without a script."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.addresses.catalogue import PageDetails, get_page_details
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done
from app.blueprints.dashboard.page_forms import SelectionForm
from app.blueprints.dashboard.page_settings import answer_preview, render_beside_preview
from app.errors import Invalid
from app.organizations.rules import Role
from app.pages.actions import choose_services
from app.pages.arrangement import find_item, moved, shown_services, without_doubles
from app.pages.previews import preview_selection
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.get("/pages/<uuid:page_id>/services")
@requires(Role.ADMIN)
def choose_page_services(page_id: UUID) -> ResponseReturnValue:
    details = get_page_details(current_member.actor, page_id)
    form = SelectionForm(formdata=None)
    form.shows.data = "all" if details.address.shows_all else "some"
    form.items.data = [str(item) for item in details.items]
    return _render(form, details)


@blueprint.post("/pages/<uuid:page_id>/services")
@requires(Role.ADMIN)
def save_page_services(page_id: UUID) -> ResponseReturnValue:
    form = SelectionForm()
    try:
        choose_services(page_id, form.to_items(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render(form, get_page_details(current_member.actor, page_id), REFUSED)
    return done("What the page shows is saved.", "choose_page_services", page_id=page_id)


@blueprint.post("/pages/<uuid:page_id>/services/draft")
@requires(Role.ADMIN)
def draft_page_services(page_id: UUID) -> ResponseReturnValue:
    """The form as it stands, drawn anew: what was ticked comes to the others, and what was moved moves."""
    form = SelectionForm()
    direction, _, named = request.form.get("move", "").partition(" ")
    item = find_item(named)
    if item is not None:
        form.shows.data = "some"
        form.items.data = [str(one) for one in moved(form.ticked, item, up=direction == "up")]
    return _render(form, get_page_details(current_member.actor, page_id))


@blueprint.post("/pages/<uuid:page_id>/services/preview")
@requires(Role.ADMIN)
def preview_page_services(page_id: UUID) -> ResponseReturnValue:
    return answer_preview(preview_selection(page_id, SelectionForm().to_items(), by=current_member.actor))


def _render(form: SelectionForm, details: PageDetails, status: int = 200) -> ResponseReturnValue:
    named = without_doubles(form.ticked, details.catalogue)
    names = {str(item): _name(details, str(item)) for item in named}
    shown = shown_services(named, details.catalogue)
    return render_beside_preview(
        "dashboard/pages/services.html", status, form=form, details=details, named=names, shown=shown
    )


def _name(details: PageDetails, item: str) -> str:
    """What a service or a group is called, and how much comes with it."""
    for group in details.catalogue.groups:
        if item == f"group:{group.id}":
            return group.path or ""
        for service in group.services:
            if item == f"service:{service.id}":
                return service.name
    return ""
