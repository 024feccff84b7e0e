"""Members: who belongs to the organization, as what, and who has been asked to join. For admins; anybody may leave."""

from collections.abc import Mapping
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, done_elsewhere, render_page
from app.errors import Invalid, InvalidTransition, NotFound
from app.extensions import limiter
from app.organizations.rules import Role
from app.teams import actions, invitations
from app.teams.queries import MemberView, Team, read_team
from app.teams.rules import keeps_an_admin
from app.text.addresses import check_address, normalize_address
from app.web.forms import REFUSED, add_faults
from app.web.limits import may_be_invited
from app.web.members import current_member, requires, with_article

INVITING_LIMIT = "20 per minute; 200 per day"
"""For one organization: each of these is a mail to somebody who has not asked for it."""

ROLES = {role.value: role.label for role in Role}
ASKED_TOO_OFTEN = "Too many mails went to this address lately. Try again in an hour."


class InvitationForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    email = StringField("E-mail address", filters=[lambda typed: normalize_address(typed or "")])
    role = SelectField("Role", choices=ROLES, default=Role.EDITOR.value)

    def check(self) -> None:
        """Refuse what needs no look at the database.

        Raises:
            Invalid: what is wrong, by field.
        """
        faults = {"email": check_address(self.email.data)}
        if self.role.data not in ROLES:
            faults["role"] = "Choose a role from the list."
        if found := {name: fault for name, fault in faults.items() if fault}:
            raise Invalid(found)


class RoleForm(FlaskForm):  # type: ignore[misc]
    role = SelectField("Role", choices=ROLES)


def _organization_key() -> str:
    return str(current_member.membership.organization_id)


@blueprint.get("/members")
@requires(Role.ADMIN)
def members() -> ResponseReturnValue:
    return _show_members(InvitationForm(formdata=None))


@blueprint.post("/members/<uuid:user_id>/role")
@requires(Role.ADMIN)
def change_role(user_id: UUID) -> ResponseReturnValue:
    form = RoleForm()
    try:
        if form.role.data not in ROLES:
            raise Invalid({"role": "Choose a role from the list."})
        changed = actions.change_role(user_id, Role(form.role.data), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show_members(InvitationForm(formdata=None), REFUSED, role_forms={user_id: form})
    said = f"{changed.name} is {with_article(changed.role)} now."
    if user_id == current_member.person.user_id and changed.role is not Role.ADMIN:
        return done_elsewhere(f"You are {with_article(changed.role)} now.", "overview")
    return done(said, "members")


@blueprint.get("/members/<uuid:user_id>/remove")
@requires(Role.ADMIN)
def confirm_removal(user_id: UUID) -> ResponseReturnValue:
    if user_id == current_member.person.user_id:
        return redirect(url_for("dashboard.confirm_leaving"))
    team = read_team(current_member.actor)
    return render_page("dashboard/members/remove.html", one=_get_member(team, user_id))


@blueprint.post("/members/<uuid:user_id>/remove")
@requires(Role.ADMIN)
def remove_member(user_id: UUID) -> ResponseReturnValue:
    if user_id == current_member.person.user_id:
        return leave()
    gone = actions.remove_member(user_id, by=current_member.actor)
    return done(f"{gone.name} does not belong to your organization any more.", "members")


@blueprint.get("/members/leave")
def confirm_leaving() -> ResponseReturnValue:
    return _show_leaving()


@blueprint.post("/members/leave")
def leave() -> ResponseReturnValue:
    """End one's own membership; what follows is another organization of theirs, or the form that makes one."""
    try:
        actions.leave(by=current_member.actor)
    except Invalid:
        return _show_leaving(REFUSED)
    if len(current_member.person.memberships) > 1:
        flash(f"You have left {current_member.membership.name}.")
    return redirect(url_for("auth.home"), 303)


@blueprint.post("/members/invitations")
@requires(Role.ADMIN)
@limiter.limit(INVITING_LIMIT, key_func=_organization_key)
def invite() -> ResponseReturnValue:
    form = InvitationForm()
    try:
        form.check()
        if not may_be_invited(form.email.data):
            raise Invalid({"email": ASKED_TOO_OFTEN})
        invitation = invitations.invite(form.email.data, Role(form.role.data), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show_members(form, REFUSED)
    return done(f"A mail to {invitation.email} is on its way.", "members")


@blueprint.post("/members/invitations/<uuid:invitation_id>/resend")
@requires(Role.ADMIN)
@limiter.limit(INVITING_LIMIT, key_func=_organization_key)
def resend_invitation(invitation_id: UUID) -> ResponseReturnValue:
    pending = read_team(current_member.actor).find_pending(invitation_id)
    if pending is None:
        raise NotFound
    try:
        if not may_be_invited(pending.email):
            raise InvalidTransition(ASKED_TOO_OFTEN)
        invitations.resend(invitation_id, by=current_member.actor)
    except (Invalid, InvalidTransition) as refusal:
        return _show_members(InvitationForm(formdata=None), refusal.status, problem=refusal.detail)
    return done(f"Another mail to {pending.email} is on its way; the link in the earlier one works no more.", "members")


@blueprint.post("/members/invitations/<uuid:invitation_id>/revoke")
@requires(Role.ADMIN)
def revoke_invitation(invitation_id: UUID) -> ResponseReturnValue:
    revoked = invitations.revoke(invitation_id, by=current_member.actor)
    return done(f"The invitation of {revoked.email} is taken back.", "members")


def _show_members(
    form: InvitationForm,
    status: int = 200,
    *,
    role_forms: Mapping[UUID, RoleForm] | None = None,
    problem: str = "",
) -> ResponseReturnValue:
    """The page, with the forms of those whose change was refused as they were sent."""
    team = read_team(current_member.actor)
    refused = role_forms or {}
    forms = [(one, refused.get(one.user_id) or _role_form(one)) for one in team.members]
    for one, role_form in forms:
        role_form.role.id = f"role-{one.user_id}"
    if refused and not any(one.user_id in refused for one in team.members):
        raise NotFound
    return render_page(
        "dashboard/members/list.html", status, members=forms, pending=team.pending, form=form, problem=problem
    )


def _show_leaving(status: int = 200) -> ResponseReturnValue:
    team = read_team(current_member.actor)
    may_leave = keeps_an_admin(team.roles, current_member.person.user_id, None)
    return render_page("dashboard/members/leave.html", status, may_leave=may_leave, alone=len(team.members) == 1)


def _role_form(one: MemberView) -> RoleForm:
    return RoleForm(formdata=None, data={"role": one.role.value})


def _get_member(team: Team, user_id: UUID) -> MemberView:
    found = team.find_member(user_id)
    if found is None:
        raise NotFound
    return found
