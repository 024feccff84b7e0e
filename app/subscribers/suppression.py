"""Who is not to be written to again: a hash for each mailbox that left, complained or bounced. It outlives its rows.

The rules, which decision 0032 explains:

1. *Unsubscribed*: no import and no member brings the mailbox back; its owner may ask again, on the page itself, and
   does so by the link in the mail that follows. Another page of the organization that they subscribed to goes on.
2. *Complained*: nothing at all is sent to it any more, not even a question, by any page of the organization.
3. *Bounced*: nothing is sent until its owner asks again or a member, who knows better, has it tried again.
"""

import hashlib
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    SQLColumnExpression,
    Text,
    any_,
    case,
    delete,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.ids import new_id
from app.database.scope import Scope
from app.subscribers.models import Suppression
from app.subscribers.rules import SuppressionReason


def mailbox_hash(organization_id: UUID, mailbox: str) -> bytes:
    """What is kept of a mailbox (`text.addresses.mailbox_of`): enough to know it again, not to write to it.

    Without the secret key, which may change while "never again" may not; with the organization, so that what two of
    them keep cannot be compared.
    """
    return hashlib.sha256(f"{organization_id}:{mailbox}".encode()).digest()


def hash_of(organization_id: SQLColumnExpression[UUID], mailbox: SQLColumnExpression[str]) -> ColumnElement[bytes]:
    """The same for columns, worked out by the database."""
    words = sql_cast(organization_id, Text).concat(":").concat(mailbox)
    return func.sha256(func.convert_to(words, "UTF8"), type_=LargeBinary)


def suppress(scope: Scope, mailbox: str, reason: SuppressionReason) -> None:
    """Write down that a mailbox is not to be written to. A complaint stays one, whatever comes after it."""
    weight = {each.value: each.weight for each in SuppressionReason}
    adding = insert(Suppression).values(
        organization_id=scope.organization_id,
        id=new_id(),
        mailbox_hash=mailbox_hash(scope.organization_id, mailbox),
        reason=reason,
        since=clock.now(),
    )
    scope.session.execute(
        adding.on_conflict_do_update(
            constraint="suppressions_mailbox_key",
            set_={"reason": adding.excluded.reason, "since": adding.excluded.since},
            where=case(weight, value=sql_cast(Suppression.reason, Text)) < literal(reason.weight),
        )
    )


def find_suppression(scope: Scope, mailbox: str) -> SuppressionReason | None:
    """Why a mailbox is not to be written to; None where nothing is against it."""
    return scope.session.scalar(
        select(Suppression.reason).where(
            Suppression.organization_id == scope.organization_id,
            Suppression.mailbox_hash == mailbox_hash(scope.organization_id, mailbox),
        )
    )


def suppressed_among(scope: Scope, mailboxes: Collection[str]) -> Mapping[str, SuppressionReason]:
    """Those of these mailboxes that something is against, and what; in two statements.

    Many organizations have none to compare with: then no hash is made at all.
    """
    if not scope.session.scalar(select(exists().where(Suppression.organization_id == scope.organization_id))):
        return {}
    by_hash = {mailbox_hash(scope.organization_id, mailbox): mailbox for mailbox in mailboxes}
    rows = scope.session.execute(
        select(Suppression.mailbox_hash, Suppression.reason).where(
            Suppression.organization_id == scope.organization_id,
            Suppression.mailbox_hash == any_(literal(list(by_hash), ARRAY(LargeBinary))),
        )
    )
    return {by_hash[bytes(found)]: reason for found, reason in rows}


def lift(scope: Scope, mailbox: str, *, only: SuppressionReason | None = None) -> None:
    """Let a mailbox be written to again: its owner has said so, or (`only` bounces) a member has it tried again."""
    lifting = delete(Suppression).where(
        Suppression.organization_id == scope.organization_id,
        Suppression.mailbox_hash == mailbox_hash(scope.organization_id, mailbox),
    )
    scope.session.execute(lifting if only is None else lifting.where(Suppression.reason == only))
