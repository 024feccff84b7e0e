"""The first form: it makes an organization, its page, and its founder an admin."""

from zoneinfo import available_timezones

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from app.blueprints.auth import blueprint
from app.errors import Invalid
from app.extensions import limiter
from app.onboarding.actions import NewOrganization, check_new_slug, create_organization
from app.organizations.rules import slugify
from app.text.clean import clean_text
from app.web.members import get_person


class OrganizationForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name of your organization", filters=[lambda text: clean_text(text or "")])
    slug = StringField("Address of your page", filters=[lambda text: (text or "").strip().lower()])
    time_zone = SelectField("Time zone", default="UTC", validate_choice=False)

    def __init__(self) -> None:
        super().__init__()
        self.time_zone.choices = sorted(available_timezones())

    def to_new_organization(self) -> NewOrganization:
        return NewOrganization(self.name.data, self.slug.data, self.time_zone.data)


@blueprint.get("/onboarding")
def onboarding() -> ResponseReturnValue:
    get_person()
    return render_template("auth/onboarding.html", form=OrganizationForm())


@blueprint.post("/onboarding")
def create() -> ResponseReturnValue:
    person = get_person()
    form = OrganizationForm()
    try:
        organization = create_organization(
            form.to_new_organization(), user_id=person.user_id, user_name=person.name
        )
    except Invalid as refusal:
        for field, fault in refusal.faults.items():
            form[field].errors = [*form[field].errors, fault]
        return render_template("auth/onboarding.html", form=form), 422
    return redirect(url_for("dashboard.overview", organization=organization.slug))


@blueprint.get("/onboarding/slug")
@limiter.limit("120 per minute")
def slug() -> ResponseReturnValue:
    """While someone types: is this address to be had? Without one yet, the name suggests it."""
    get_person()
    wanted = request.args.get("slug", "").strip().lower()
    fault = check_new_slug(wanted) if wanted else None
    suggestion = "" if wanted else slugify(request.args.get("name", ""))
    return render_template("auth/_slug.html", slug=wanted, fault=fault, suggestion=suggestion)
