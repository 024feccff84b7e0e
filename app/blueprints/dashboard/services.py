"""Services: the list in the page's order, one service's history, and every change to them."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_organization, done, render_page
from app.blueprints.dashboard.forms import GroupForm, NeedsForm, ServiceForm, StatusForm
from app.errors import Invalid
from app.organizations.rules import Role
from app.pages.address import PageAddress
from app.pages.days import get_day
from app.services import actions, order
from app.services.dependencies import get_needs, set_needs
from app.services.order import Direction
from app.services.queries import get_catalogue, get_changes, get_service
from app.web.addresses import read_day
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires

VIEWS = {"overview": ("overview", "services-now"), "services": ("list_services", "catalogue")}
"""Where a status can be changed in place: the page to go back to, and the element there that shows it."""


@blueprint.get("/services")
def list_services() -> ResponseReturnValue:
    return show_catalogue(GroupForm())


def show_catalogue(form: GroupForm, status: int = 200) -> ResponseReturnValue:
    """The list, with the form that adds a group."""
    catalogue = get_catalogue(current_member.actor)
    form.offer_parents(catalogue.named_groups)
    return render_page("dashboard/services/list.html", status, catalogue=catalogue, form=form)


@blueprint.get("/services/new")
@requires(Role.EDITOR)
def new_service() -> ResponseReturnValue:
    return _render_form(ServiceForm(data={"group": request.args.get("group", "")}))


@blueprint.post("/services")
@requires(Role.EDITOR)
def create_service() -> ResponseReturnValue:
    form = ServiceForm()
    try:
        service = actions.create_service(form.to_details(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_form(form, status=REFUSED)
    return done(f"{service.name} is on your page.", "list_services")


@blueprint.get("/services/<uuid:service_id>")
def show_service(service_id: UUID) -> ResponseReturnValue:
    """A service with everything that was ever said of its status."""
    before = request.args.get("before", type=_read_change_id)
    changes = get_changes(current_member.actor, service_id, before=before)
    return render_page("dashboard/services/history.html", changes=changes, service=changes.service)


@blueprint.get("/services/<uuid:service_id>/days/<day>")
def show_day(service_id: UUID, day: str) -> ResponseReturnValue:
    """One day of a strip, opened: the public page's fragment, with links that stay in the dashboard."""
    organization = current_organization()
    everything = PageAddress.of_everything(organization.id, organization.zone)
    detail = get_day(everything, service_id, read_day(day))
    home = f"/dashboard/{organization.slug}"
    return render_template("public/_day.html", detail=detail, zone=organization.zone, home=home)


@blueprint.get("/services/<uuid:service_id>/edit")
@requires(Role.EDITOR)
def edit_service(service_id: UUID) -> ResponseReturnValue:
    service = get_service(current_member.actor, service_id)
    known = {"name": service.name, "description": service.description, "group": str(service.group_id or "")}
    return _render_form(ServiceForm(data=known), service_id)


@blueprint.post("/services/<uuid:service_id>/edit")
@requires(Role.EDITOR)
def save_service(service_id: UUID) -> ResponseReturnValue:
    form = ServiceForm()
    try:
        service = actions.edit_service(service_id, form.to_details(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_form(form, service_id, REFUSED)
    return done(f"{service.name} is saved.", "list_services")


@blueprint.get("/services/<uuid:service_id>/needs")
@requires(Role.EDITOR)
def choose_needs(service_id: UUID) -> ResponseReturnValue:
    """Which other services this one needs, for suggestions."""
    return _render_needs(
        NeedsForm(data={"needs": [str(one) for one in get_needs(current_member.actor, service_id)]}), service_id
    )


@blueprint.post("/services/<uuid:service_id>/needs")
@requires(Role.EDITOR)
def save_needs(service_id: UUID) -> ResponseReturnValue:
    form = NeedsForm()
    try:
        set_needs(service_id, form.to_ids(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_needs(form, service_id, REFUSED)
    return done("What the service needs is saved.", "list_services")


@blueprint.get("/services/<uuid:service_id>/status")
@requires(Role.EDITOR)
def change_status(service_id: UUID) -> ResponseReturnValue:
    service = get_service(current_member.actor, service_id)
    return _render_status(StatusForm(data={"status": service.status.value}), service_id)


@blueprint.post("/services/<uuid:service_id>/status")
@requires(Role.EDITOR)
def save_status(service_id: UUID) -> ResponseReturnValue:
    form = StatusForm()
    if not form.validate():
        return _render_status(form, service_id, REFUSED)
    try:
        service = actions.set_status(service_id, form.to_status(), comment=form.comment.data, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_status(form, service_id, REFUSED)
    endpoint, _ = VIEWS.get(request.args.get("view", ""), VIEWS["services"])
    return done(f"{service.name} now shows: {service.status.label.lower()}.", endpoint)


@blueprint.post("/services/<uuid:service_id>/archive")
@requires(Role.EDITOR)
def archive_service(service_id: UUID) -> ResponseReturnValue:
    actions.archive_service(service_id, by=current_member.actor)
    return done("The service is off your page. Its history is kept, and you can bring it back.", "list_services")


@blueprint.post("/services/<uuid:service_id>/restore")
@requires(Role.EDITOR)
def restore_service(service_id: UUID) -> ResponseReturnValue:
    actions.restore_service(service_id, by=current_member.actor)
    return done("The service is on your page again.", "list_services")


@blueprint.post("/services/<uuid:service_id>/move")
@requires(Role.EDITOR)
def move_service(service_id: UUID) -> ResponseReturnValue:
    order.move_service(service_id, read_direction(), by=current_member.actor)
    return done("", "list_services", _anchor=f"service-{service_id}")


def read_direction() -> Direction:
    """Up or down, as the button that was pressed says.

    Raises:
        Invalid: neither.
    """
    try:
        return Direction(request.form.get("direction", ""))
    except ValueError as error:
        raise Invalid({"direction": "Choose up or down."}) from error


def _read_change_id(text: str) -> int:
    """The id that the list goes on after. What cannot be one counts as not said: a ValueError tells Werkzeug so."""
    change_id = int(text)
    if not 0 < change_id < 2**63:
        raise ValueError(text)
    return change_id


def _render_form(form: ServiceForm, service_id: UUID | None = None, status: int = 200) -> ResponseReturnValue:
    form.offer_groups(get_catalogue(current_member.actor).named_groups)
    return render_page("dashboard/services/form.html", status, form=form, service_id=service_id)


def _render_needs(form: NeedsForm, service_id: UUID, status: int = 200) -> ResponseReturnValue:
    service = get_service(current_member.actor, service_id)
    others = get_catalogue(current_member.actor).groups
    return render_page(
        "dashboard/services/needs.html", status, form=form, service=service, groups=others, chosen=form.to_ids()
    )


def _render_status(form: StatusForm, service_id: UUID, status: int = 200) -> ResponseReturnValue:
    view = request.args.get("view", "")
    _, element = VIEWS.get(view, ("", ""))
    service = get_service(current_member.actor, service_id)
    return render_page("dashboard/services/status.html", status, form=form, service=service, view=view, element=element)
