"""Groups: the headings under which services fold together."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.forms import GroupForm
from app.blueprints.dashboard.services import read_direction, show_catalogue
from app.errors import Invalid, NotFound
from app.organizations.rules import Role
from app.services import actions, order
from app.services.queries import GroupRow, get_catalogue
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, requires


@blueprint.post("/groups")
@requires(Role.EDITOR)
def create_group() -> ResponseReturnValue:
    form = GroupForm()
    try:
        group = actions.create_group(form.name.data, parent_id=form.to_parent_id(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return show_catalogue(form, REFUSED)
    return done(f"The group {group.name} is there. Services come into it by “Edit”.", "list_services")


@blueprint.get("/groups/<uuid:group_id>/edit")
@requires(Role.EDITOR)
def edit_group(group_id: UUID) -> ResponseReturnValue:
    group = _get_group(group_id)
    return _render_group(GroupForm(data={"name": group.name, "parent": str(group.parent_id or "")}), group)


@blueprint.post("/groups/<uuid:group_id>/edit")
@requires(Role.EDITOR)
def save_group(group_id: UUID) -> ResponseReturnValue:
    form = GroupForm()
    try:
        group = actions.edit_group(group_id, form.name.data, parent_id=form.to_parent_id(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_group(form, _get_group(group_id), REFUSED)
    return done(f"The group {group.name} is saved.", "list_services")


@blueprint.get("/groups/<uuid:group_id>/delete")
@requires(Role.EDITOR)
def confirm_group_deletion(group_id: UUID) -> ResponseReturnValue:
    group = _get_group(group_id)
    held = [one for one in get_catalogue(current_member.actor).named_groups if one.parent_id == group_id]
    return render_page("dashboard/services/delete_group.html", group=group, held=held)


@blueprint.post("/groups/<uuid:group_id>/delete")
@requires(Role.EDITOR)
def delete_group(group_id: UUID) -> ResponseReturnValue:
    actions.delete_group(group_id, by=current_member.actor)
    return done("The group is gone; what was in it stays.", "list_services")


@blueprint.post("/groups/<uuid:group_id>/move")
@requires(Role.EDITOR)
def move_group(group_id: UUID) -> ResponseReturnValue:
    order.move_group(group_id, read_direction(), by=current_member.actor)
    return done("", "list_services", _anchor=f"group-{group_id}")


def _render_group(form: GroupForm, group: GroupRow, status: int = 200) -> ResponseReturnValue:
    form.offer_parents(get_catalogue(current_member.actor).named_groups, group.id)
    return render_page("dashboard/services/group.html", status, form=form, group=group)


def _get_group(group_id: UUID) -> GroupRow:
    groups = get_catalogue(current_member.actor).named_groups
    found = next((group for group in groups if group.id == group_id), None)
    if found is None:
        raise NotFound
    return found
