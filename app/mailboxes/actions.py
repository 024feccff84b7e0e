"""Asking whether a mailbox may be written to, which counts it."""

import hmac
from datetime import datetime

from sqlalchemy import case, delete, or_
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.scope import Scope, system_scope
from app.extensions import settings
from app.mailboxes.models import AskedMailbox
from app.mailboxes.rules import DAY, MOST_IN_A_DAY, PAUSE, Asking, counted_mailbox
from app.text.addresses import mailbox_of


def may_be_written_to(kind: Asking, address: str) -> bool:
    """Whether this address may get one more mail of this kind now; asking counts it.

    Addresses that lead into one mailbox are one. It is the same statement whatever the answer is.
    """
    with system_scope("a mailbox is one for all organizations that somebody names it to") as scope:
        return count_mail(scope, kind, address, clock.now())


def count_mail(scope: Scope, kind: Asking, address: str, now: datetime) -> bool:
    """The same in a system scope that is open already. Of two at the same moment one is told yes."""
    known, is_over = AskedMailbox, AskedMailbox.since <= now - DAY
    counted = (
        insert(AskedMailbox)
        .values(kind=kind, mailbox_hash=_keyed_hash(address), asked_at=now, since=now, times=1)
        .on_conflict_do_update(
            index_elements=["kind", "mailbox_hash"],
            set_={
                "asked_at": now,
                "since": case((is_over, now), else_=known.since),
                "times": case((is_over, 1), else_=known.times + 1),
            },
            where=(known.asked_at <= now - PAUSE) & or_(is_over, known.times < MOST_IN_A_DAY),
        )
        .returning(AskedMailbox.times)
    )
    return scope.session.scalar(counted) is not None


def forget_asked_mailboxes() -> None:
    """Delete what counts no more."""
    with system_scope("mailboxes that nobody has named for a day are forgotten") as scope:
        scope.session.execute(delete(AskedMailbox).where(AskedMailbox.asked_at <= clock.now() - DAY))


def _keyed_hash(address: str) -> bytes:
    """What stands for a mailbox here; nobody without the secret key can make it of an address."""
    message = b"upfront.mailbox\x1f" + counted_mailbox(mailbox_of(address)).encode()
    return hmac.digest(settings.secret_key.encode(), message, "sha256")
