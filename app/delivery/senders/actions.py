"""Choosing in whose name mails are sent."""

from sqlalchemy import delete, select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.delivery.models import MailSender, ToldFigure
from app.delivery.senders.queries import SenderView
from app.delivery.senders.rules import check_sender_name
from app.errors import Invalid
from app.organizations.membership import check_still_admin
from app.text.addresses import check_address


def save_sender(sender: SenderView, *, by: Actor) -> None:
    """Sign mails so from now on. What is on its way already goes out as it was: a retry must be the very same mail.

    Args:
        sender: its name went through `text.clean.clean_text`, its address through `text.addresses.normalize_address`.

    Raises:
        Invalid: the name looks like an address, or the address is none.
        Denied: whoever asks is no admin any more.
    """
    faults = {}
    if fault := check_sender_name(sender.name):
        faults["name"] = fault
    if sender.reply_to and (fault := check_address(sender.reply_to)):
        faults["reply_to"] = str(fault)
    if faults:
        raise Invalid(faults)
    with organization_scope(by) as scope:
        check_still_admin(scope)
        scope.take_turns("choose a sender")
        row = scope.session.scalar(select(MailSender).filter_by(organization_id=scope.organization_id))
        if row is None:
            row = MailSender(organization_id=scope.organization_id)
            scope.session.add(row)
        hides = bool(row.shows_figures) and not sender.shows_figures
        row.name, row.reply_to, row.shows_figures = sender.name, sender.reply_to, sender.shows_figures
        scope.record("sender.edited", row, subject_id=scope.organization_id, name=sender.name)
        if hides:
            scope.session.execute(delete(ToldFigure).where(ToldFigure.organization_id == scope.organization_id))
            scope.emit("sender.edited", {})
