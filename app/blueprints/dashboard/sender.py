"""In whose name mails go out, where answers go, and whether receivers can trust the domain that they come from."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.delivery.senders.actions import save_sender
from app.delivery.senders.queries import SenderView, get_sender
from app.delivery.senders.records import check_domain, check_replies, sending_address, sending_domain
from app.delivery.senders.rules import check_domain_name
from app.errors import Invalid
from app.extensions import limiter, settings
from app.organizations.rules import Role
from app.text.addresses import normalize_address
from app.web.forms import REFUSED, add_faults, read_line
from app.web.members import current_member, of_organization, requires


class SenderForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name of the sender", filters=[read_line])
    reply_to = StringField("Address for answers", filters=[lambda typed: normalize_address(typed or "")])
    shows_figures = BooleanField("Show on the page how many were told, and how fast")

    def to_sender(self) -> SenderView:
        return SenderView(self.name.data, self.reply_to.data, self.shows_figures.data)


@blueprint.get("/settings/mails")
@requires(Role.ADMIN)
def sender() -> ResponseReturnValue:
    kept = get_sender(current_member.actor)
    form = SenderForm(formdata=None, name=kept.name, reply_to=kept.reply_to, shows_figures=kept.shows_figures)
    return _show(form)


@blueprint.post("/settings/mails")
@requires(Role.ADMIN)
def set_sender() -> ResponseReturnValue:
    form = SenderForm()
    try:
        save_sender(form.to_sender(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show(form, REFUSED)
    return done("The sender is saved. Mails that are on their way go out as they were.", "sender")


@blueprint.get("/settings/mails/records")
@requires(Role.ADMIN)
@limiter.limit("60 per hour", key_func=of_organization("records"))
def mail_records() -> ResponseReturnValue:
    """What receivers find in the domain name system; it may take some seconds."""
    typed = request.args.get("domain")
    domain = (typed or sending_domain()).strip().rstrip(".").lower()
    fault = check_domain_name(domain)
    is_refused = fault is not None and typed is not None
    return render_page(
        "dashboard/deliveries/records.html",
        REFUSED if is_refused else 200,
        domain=domain,
        fault=fault if is_refused else None,
        checks=check_domain(domain) if fault is None else (),
        own_domain=sending_domain(),
    )


@blueprint.get("/settings/mails/answers")
@requires(Role.ADMIN)
@limiter.limit("60 per hour", key_func=of_organization("answers"))
def mail_answers() -> ResponseReturnValue:
    """Whether answers to the address can arrive."""
    kept = get_sender(current_member.actor)
    return render_template(
        "dashboard/deliveries/_checks.html", checks=[check_replies(kept.reply_to)] if kept.reply_to else []
    )


def _show(form: SenderForm, status: int = 200) -> ResponseReturnValue:
    return render_page(
        "dashboard/deliveries/sender.html",
        status,
        form=form,
        address=sending_address(),
        domain=sending_domain(),
        hears_reports=bool(settings.resend_webhook_secrets),
    )
