"""A page's own domain, for admins to enter, prove and remove."""

from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField

from app.addresses.catalogue import get_page_details
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.domains.actions import ask_for_look, enter_domain, remove_domain
from app.domains.queries import get_domain_settings
from app.domains.rules import normalize_host
from app.errors import Invalid
from app.extensions import limiter
from app.organizations.rules import Role
from app.web.forms import REFUSED, add_faults
from app.web.members import current_member, of_organization, requires

LOOKING_LIMIT = "60 per hour"


class DomainForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    host = StringField("Domain", filters=[lambda typed: normalize_host(typed or "")])


@blueprint.get("/pages/<uuid:page_id>/domain")
@requires(Role.ADMIN)
def page_domain(page_id: UUID) -> ResponseReturnValue:
    return _show(page_id)


@blueprint.post("/pages/<uuid:page_id>/domain")
@requires(Role.ADMIN)
@limiter.limit(LOOKING_LIMIT, key_func=of_organization("domains"))
def enter_page_domain(page_id: UUID) -> ResponseReturnValue:
    form = DomainForm()
    try:
        enter_domain(page_id, form.host.data, by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(page_id, form, REFUSED)
    return done("The domain is noted. Now prove that it is yours.", "page_domain", page_id=page_id)


@blueprint.post("/pages/<uuid:page_id>/domain/look")
@requires(Role.ADMIN)
@limiter.limit(LOOKING_LIMIT, key_func=of_organization("domains"))
def look_for_page_domain(page_id: UUID) -> ResponseReturnValue:
    ask_for_look(page_id, by=current_member.actor)
    return done("We are looking for the records. This takes some seconds.", "page_domain", page_id=page_id)


@blueprint.get("/pages/<uuid:page_id>/domain/remove")
@requires(Role.ADMIN)
def confirm_removal_of_page_domain(page_id: UUID) -> ResponseReturnValue:
    details, shown = get_page_details(current_member.actor, page_id), get_domain_settings(current_member.actor, page_id)
    return render_page("dashboard/pages/domain_remove.html", details=details, settings=shown)


@blueprint.post("/pages/<uuid:page_id>/domain/remove")
@requires(Role.ADMIN)
def remove_page_domain(page_id: UUID) -> ResponseReturnValue:
    remove_domain(page_id, by=current_member.actor)
    return done("The domain is removed. The page is at its address with us.", "page_domain", page_id=page_id)


def _show(page_id: UUID, form: DomainForm | None = None, status: int = 200) -> ResponseReturnValue:
    details, shown = get_page_details(current_member.actor, page_id), get_domain_settings(current_member.actor, page_id)
    form = form or DomainForm(formdata=None)
    return render_page("dashboard/pages/domain.html", status, details=details, settings=shown, form=form)
