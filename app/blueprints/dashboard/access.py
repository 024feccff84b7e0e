"""Who may see a page, for admins to settle."""

from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, TextAreaField

from app.access.actions import NewAccess, set_access
from app.access.queries import AccessSettings, get_access_settings
from app.access.rules import LONGEST_PASSWORD, Way
from app.addresses.catalogue import get_page_details
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.errors import Invalid
from app.extensions import limiter
from app.organizations.rules import Role
from app.pages.rules import Visibility
from app.web.forms import REFUSED, add_faults, read_lines
from app.web.members import current_member, of_organization, requires

EVERYBODY = "everybody"


class AccessForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    who = RadioField("Who may see this page", choices=[EVERYBODY, *(way.value for way in Way)])
    password = PasswordField("Password")
    addresses = TextAreaField("E-mail addresses and domains", filters=[read_lines])
    networks = TextAreaField("Address ranges", filters=[read_lines])

    def to_access(self) -> NewAccess:
        """
        Raises:
            Invalid: nobody was chosen.
        """
        if self.who.data not in self.who.choices:
            raise Invalid({"who": "Say who may see this page."})
        if self.who.data == EVERYBODY:
            return NewAccess(Visibility.PUBLIC)
        # One more character than there may be tells that it is too long; more need not be looked at.
        password = (self.password.data or "")[: LONGEST_PASSWORD + 1]
        way = Way(self.who.data)
        return NewAccess(Visibility.PRIVATE, way, password, self.addresses.data, self.networks.data)


@blueprint.get("/pages/<uuid:page_id>/access")
@requires(Role.ADMIN)
def page_access(page_id: UUID) -> ResponseReturnValue:
    return _show(page_id)


@blueprint.post("/pages/<uuid:page_id>/access")
@requires(Role.ADMIN)
@limiter.limit("60 per hour", key_func=of_organization("access"))
def save_page_access(page_id: UUID) -> ResponseReturnValue:
    form = AccessForm()
    try:
        set_access(page_id, form.to_access(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(page_id, form, REFUSED)
    return done("Who may see the page is saved.", "page_access", page_id=page_id)


def _show(page_id: UUID, form: AccessForm | None = None, status: int = 200) -> ResponseReturnValue:
    details, shown = get_page_details(current_member.actor, page_id), get_access_settings(current_member.actor, page_id)
    form = form or _filled(shown)
    return render_page("dashboard/pages/access.html", status, details=details, settings=shown, form=form)


def _filled(shown: AccessSettings) -> AccessForm:
    return AccessForm(
        formdata=None,
        who=EVERYBODY if shown.visibility is Visibility.PUBLIC else shown.way.value,
        addresses="\n".join(shown.addresses),
        networks="\n".join(shown.networks),
    )
