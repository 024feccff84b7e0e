"""How an organization's mails are signed."""

from dataclasses import dataclass

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.delivery.models import MailSender


@dataclass(frozen=True, slots=True)
class SenderView:
    """The sender as it is set; empty where it is ours."""

    name: str = ""
    reply_to: str = ""
    shows_figures: bool = False


def get_sender(actor: Actor) -> SenderView:
    """How mails are signed at present."""
    with organization_scope(actor, read_only=True) as scope:
        return read_sender(scope)


def read_sender(scope: Scope) -> SenderView:
    """The same, within a transaction."""
    row = scope.session.scalar(select(MailSender).filter_by(organization_id=scope.organization_id))
    return SenderView(row.name, row.reply_to, row.shows_figures) if row is not None else SenderView()
