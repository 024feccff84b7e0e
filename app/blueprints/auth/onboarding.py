"""The first form: it makes an organization, its page, and its founder an admin."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from app.addresses.queries import check_free_slug
from app.blueprints.auth import blueprint
from app.errors import Invalid
from app.extensions import limiter
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.rules import normalize_slug, time_zone_names
from app.teams.queries import invitations_for
from app.web.forms import REFUSED, SuggestsSlug, add_faults, read_line
from app.web.members import get_person, with_article

FOUNDING_LIMIT = "20 per hour; 50 per day"
"""For one person, wherever from: each organization takes an address that nobody else can have, and may send mail."""


class OrganizationForm(SuggestsSlug, FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name of your organization", filters=[read_line])
    slug = StringField("Address of your page", filters=[lambda text: normalize_slug(text or "")])
    time_zone = SelectField("Time zone", default="UTC", validate_choice=False)

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.time_zone.choices = [(name, name.replace("_", " ")) for name in time_zone_names()]

    def to_new_organization(self) -> NewOrganization:
        return NewOrganization(self.name.data, self.slug.data, self.time_zone.data)


@blueprint.get("/onboarding")
def onboarding() -> ResponseReturnValue:
    return _render(OrganizationForm())


@blueprint.post("/onboarding")
@limiter.limit(
    FOUNDING_LIMIT,
    key_func=lambda: str(get_person().user_id),
    # Whoever mistypes an address founds nothing, and may go on trying.
    deduct_when=lambda response: response.status_code == HTTPStatus.SEE_OTHER,
)
def create() -> ResponseReturnValue:
    person = get_person()
    form = OrganizationForm()
    try:
        organization = create_organization(form.to_new_organization(), user_id=person.user_id, user_name=person.name)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render(form), REFUSED
    return redirect(url_for("dashboard.overview", organization=organization.slug), 303)


@blueprint.get("/onboarding/slug")
@limiter.limit("120 per minute")
def slug() -> ResponseReturnValue:
    """While someone types: is this address to be had? A name that is typed suggests one."""
    get_person()
    form = OrganizationForm(formdata=request.args, meta={"csrf": False})
    if "name" in request.args:
        form.suggest_slug()
    fault = check_free_slug(form.slug.data) if form.slug.data else None
    form.slug.errors = [fault] if fault else []
    return render_template("auth/_slug.html", form=form, is_free=bool(form.slug.data) and not fault)


def _render(form: OrganizationForm) -> str:
    person = get_person()
    # The provider has verified the address, so whoever is invited by it need not look for the mail.
    invitations = [(one, with_article(one.role)) for one in invitations_for(person.email)]
    return render_template("auth/onboarding.html", form=form, person=person, invitations=invitations)
