"""What admins settle for everybody: name, address, time zone, the log's retention; and how it all goes."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField

from app.addresses.actions import OrganizationDetails, edit_organization, move_organization
from app.addresses.queries import SettingsView, check_free_slug, read_settings
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.closing.actions import close_organization
from app.closing.export import begin_export, write_export
from app.closing.queries import count_belongings
from app.errors import Invalid
from app.extensions import limiter
from app.live.announcements import tell_rights_changed
from app.organizations.rules import Role, normalize_slug, time_zone_names
from app.web.forms import REFUSED, add_faults, read_line
from app.web.members import current_member, of_organization, requires
from app.web.streams import attachment

LARGEST_NUMBER = 5
"""Digits of a number of days: Python refuses to read thousands of them."""


class DetailsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name of your organization", filters=[read_line])
    time_zone = SelectField("Time zone", validate_choice=False)
    audit_days = StringField("Keep the audit log for", filters=[lambda typed: (typed or "").strip()])

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.time_zone.choices = [(name, name.replace("_", " ")) for name in time_zone_names()]

    def to_details(self) -> OrganizationDetails:
        days = self.audit_days.data
        is_number = days.isascii() and days.isdigit() and len(days) <= LARGEST_NUMBER
        return OrganizationDetails(self.name.data, self.time_zone.data, int(days) if is_number else None)


class AddressForm(FlaskForm):  # type: ignore[misc]
    slug = StringField("Address of your organization", filters=[lambda typed: normalize_slug(typed or "")])
    with_page = BooleanField("Move the page, too", default=True)


class ClosingForm(FlaskForm):  # type: ignore[misc]
    confirmation = StringField("The organization's name", filters=[read_line])


@blueprint.get("/settings")
@requires(Role.ADMIN)
def settings() -> ResponseReturnValue:
    return _show()


@blueprint.post("/settings")
@requires(Role.ADMIN)
def save_settings() -> ResponseReturnValue:
    form = DetailsForm()
    try:
        edit_organization(form.to_details(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(details=form, status=REFUSED)
    return done("The settings are saved.", "settings")


@blueprint.post("/settings/address")
@requires(Role.ADMIN)
@limiter.limit("20 per day", key_func=of_organization("moves"))
def move() -> ResponseReturnValue:
    form = AddressForm()
    try:
        move_organization(form.slug.data, with_page=form.with_page.data, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(address=form, status=REFUSED)
    return done(f"Your organization is at “{form.slug.data}” now.", "settings", organization=form.slug.data)


@blueprint.get("/settings/address")
@requires(Role.ADMIN)
@limiter.limit("120 per minute")
def address() -> ResponseReturnValue:
    """While somebody types: is this address to be had?"""
    form = AddressForm(formdata=request.args, meta={"csrf": False})
    fault = None
    if form.slug.data and form.slug.data != current_member.membership.slug:
        fault = check_free_slug(form.slug.data, organization_id=current_member.membership.organization_id)
        form.slug.errors = [fault] if fault else []
    is_free = bool(form.slug.data) and form.slug.data != current_member.membership.slug and not fault
    return render_template("dashboard/settings/_slug.html", form=form, is_free=is_free)


@blueprint.get("/settings/delete")
@requires(Role.ADMIN)
def confirm_closing() -> ResponseReturnValue:
    return _ask(ClosingForm(formdata=None))


@blueprint.post("/settings/delete")
@requires(Role.ADMIN)
def close() -> ResponseReturnValue:
    """Delete the organization; every socket of its members ends."""
    form = ClosingForm()
    try:
        members = close_organization(form.confirmation.data, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _ask(form, REFUSED)
    for user_id in members:
        tell_rights_changed(user_id)
    return redirect(url_for("auth.closing", organization_id=current_member.membership.organization_id), 303)


@blueprint.post("/settings/export")
@requires(Role.ADMIN)
@limiter.limit("20 per hour", key_func=of_organization("exports"))
def export() -> ResponseReturnValue:
    """Everything that the organization has, as one JSON file that is written while it is sent."""
    actor = current_member.actor
    begin_export(actor)
    name = f"upfront-{current_member.membership.slug}.json"
    return attachment(write_export(actor), name=name, content_type="application/json")


def _show(
    details: DetailsForm | None = None, address: AddressForm | None = None, status: int = 200
) -> ResponseReturnValue:
    shown = read_settings(current_member.actor)
    return render_page(
        "dashboard/settings/page.html",
        status,
        details=details or _filled(shown),
        address=address or AddressForm(formdata=None, slug=shown.slug),
        settings=shown,
    )


def _filled(shown: SettingsView) -> DetailsForm:
    return DetailsForm(formdata=None, name=shown.name, time_zone=shown.time_zone, audit_days=str(shown.audit_days))


def _ask(form: ClosingForm, status: int = 200) -> ResponseReturnValue:
    return render_page(
        "dashboard/settings/delete.html", status, form=form, belongings=count_belongings(current_member.actor)
    )
