"""What members do with subscribers: add one, ask again, have one tried again, choose for one, forget some."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Conflict, Invalid
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.organizations.membership import check_still_editor
from app.subscribers.actions import erase, take_back, write_choices
from app.subscribers.imports.rules import check_consent
from app.subscribers.models import Subscriber
from app.subscribers.queries import read_choices
from app.subscribers.rules import (
    Choices,
    Offered,
    PageKey,
    SubscriberSource,
    SubscriberState,
    SuppressionReason,
    may_ask_again,
)
from app.subscribers.suppression import find_suppression, lift
from app.subscribers.tokens import confirm_token, manage_token
from app.text.addresses import check_address, mailbox_of

MOST_AT_ONCE = 100
"""Subscribers that one action is about: as many as a page of the list shows."""

LEFT = "This person has left. Only they themselves can come back, on the page."
COMPLAINED = "This person called our mail spam. Nothing more is sent to them."
BOUNCED = "Mail to this address came back. Find it in the list, and have it tried again."
KNOWN = "This address is in the list already."
ASKED_LATELY = "This address was asked a moment ago, here or elsewhere. Try again in a quarter of an hour."


class Consent(StrEnum):
    """How somebody whom a member adds says yes."""

    ASKED = "asked"
    """By the link in a mail that we send."""
    GIVEN = "given"
    """They have said so to the member, who writes down where."""


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    """Somebody whom a member adds."""

    address: str
    """Went through `text.addresses.normalize_address`."""
    consent: Consent
    statement: str = ""
    """Where they gave it."""
    choices: Choices = field(default_factory=Choices)


def add_subscriber(page: PageKey, new: NewSubscriber, offered: Offered, *, by: Actor) -> UUID:
    """Add one subscriber to a page: told from now on, or asked by mail first. Returns their id.

    Raises:
        Invalid: it is no address, a known one, or one that is not to be written to, or not again so soon; nothing says
            where the consent comes from; nothing is chosen.
        Denied: they may not add anybody any more.
    """
    _check_typed(new)
    mailbox, now = mailbox_of(new.address), clock.now()
    given = new.consent is Consent.GIVEN
    # What would be refused is, before the mailbox is counted as written to.
    with organization_scope(by, read_only=True) as scope:
        check_still_editor(scope)
        _check_free(scope, page, mailbox)
    if not given and not may_be_written_to(Asking.CONFIRMATION, new.address):
        raise Invalid({"email": ASKED_LATELY})
    with organization_scope(by) as scope:
        check_still_editor(scope)
        scope.take_turns(f"add subscriber {mailbox}")
        _check_free(scope, page, mailbox)
        subscriber_id = new_id()
        row = Subscriber(
            organization_id=scope.organization_id,
            id=subscriber_id,
            page_id=page.page_id,
            email=new.address,
            state=SubscriberState.CONFIRMED if given else SubscriberState.PENDING,
            source=SubscriberSource.MEMBER,
            consent=new.statement if given else "",
            requested_at=now,
            confirm_token_hash=None if given else token_hash(confirm_token(subscriber_id, now)),
            manage_token_hash=token_hash(manage_token(subscriber_id)),
            confirmed_at=now if given else None,
            created_at=now,
        )
        scope.session.add(row)
        scope.session.flush()
        scope.record("subscriber.added", row)
        write_choices(scope, row, new.choices, offered)
        if not given:
            scope.emit("subscriber.requested", {"subscriber_id": str(subscriber_id)}, visible=False)
        return subscriber_id


def ask_again(subscriber_ids: Collection[UUID], *, by: Actor) -> int:
    """Send those who have not answered yet another mail that asks; returns how many.

    Whose mailbox was asked within the last quarter of an hour, by whomever, is not asked again, and who is not pending
    never.
    """
    now = clock.now()
    with organization_scope(by, read_only=True) as scope:
        check_still_editor(scope)
        waiting = {row.id: row.email for row in _found(scope, subscriber_ids) if _waits_for_mail(row, now)}
    may_be_asked = _count_asked(waiting)
    with organization_scope(by) as scope:
        asked = 0
        for row in _found(scope, may_be_asked, lock=True):
            if _waits_for_mail(row, now):
                _ask(scope, row)
                asked += 1
        return asked


def try_again(subscriber_ids: Collection[UUID], *, by: Actor) -> int:
    """Have those written to again whose mail came back; returns how many.

    Who was told before is told again; who never confirmed is asked anew, unless their mailbox was asked a moment ago.
    Who complained stays where they are: that is nobody's to undo but their own.
    """
    with organization_scope(by, read_only=True) as scope:
        check_still_editor(scope)
        unasked = {row.id: row.email for row in _found(scope, subscriber_ids) if _is_to_be_asked_anew(scope, row)}
    left_alone = unasked.keys() - _count_asked(unasked)
    with organization_scope(by) as scope:
        tried = 0
        for row in _found(scope, set(subscriber_ids) - left_alone, lock=True):
            if row.state is not SubscriberState.QUARANTINED or _complained(scope, row):
                continue
            if row.confirmed_at is None and row.id not in unasked:
                continue
            take_back(row)
            lift(scope, row.mailbox, only=SuppressionReason.BOUNCED)
            if row.confirmed_at is None:
                row.state = SubscriberState.PENDING
                _ask(scope, row)
            else:
                row.state = SubscriberState.CONFIRMED
                scope.record("subscriber.tried_again", row)
                scope.emit("subscriber.tried_again", {"subscriber_id": str(row.id)}, visible=False)
            tried += 1
        return tried


def choose_for(subscriber_id: UUID, chosen: Choices, offered: Offered, *, by: Actor) -> None:
    """Change what a subscriber hears of, as they have asked a member to. The incidents they follow stay.

    Raises:
        NotFound: the organization has no such subscriber.
        Conflict: they are told nothing at present.
        Invalid: nothing is chosen, or something that the page does not show.
    """
    with organization_scope(by) as scope:
        row = scope.lock(Subscriber, subscriber_id)
        if row.state is not SubscriberState.CONFIRMED:
            raise Conflict("This subscriber is told nothing at present, so there is nothing to choose.")
        follows = read_choices(scope, row)[0].follows
        write_choices(scope, row, replace(chosen, follows=follows), offered)


def remove(subscriber_ids: Collection[UUID], *, by: Actor) -> int:
    """Erase subscribers with all that is known of them; returns how many there were.

    Who had left or complained stays known by a hash, so that no import brings them back.
    """
    with organization_scope(by) as scope:
        check_still_editor(scope)
        return erase(scope, tuple(sorted(set(subscriber_ids))[:MOST_AT_ONCE]))


def _check_typed(new: NewSubscriber) -> None:
    faults = {"email": check_address(new.address)}
    if new.consent is Consent.GIVEN:
        faults["statement"] = check_consent(new.statement)
    if any(faults.values()):
        raise Invalid({name: fault for name, fault in faults.items() if fault})


def _check_free(scope: Scope, page: PageKey, mailbox: str) -> None:
    known = scope.session.scalar(
        select(Subscriber.state).where(
            Subscriber.organization_id == scope.organization_id,
            Subscriber.page_id == page.page_id,
            Subscriber.mailbox == mailbox,
        )
    )
    suppressed = find_suppression(scope, mailbox)
    fault = {
        SuppressionReason.UNSUBSCRIBED: LEFT,
        SuppressionReason.COMPLAINED: COMPLAINED,
        SuppressionReason.BOUNCED: BOUNCED,
        None: KNOWN if known is not None else "",
    }[suppressed]
    if known is SubscriberState.CONFIRMED:
        fault = KNOWN
    if fault:
        raise Invalid({"email": fault})


def _ask(scope: Scope, row: Subscriber) -> None:
    row.requested_at = clock.now()
    row.confirm_token_hash = token_hash(confirm_token(row.id, row.requested_at))
    scope.record("subscriber.asked_again", row)
    scope.emit("subscriber.requested", {"subscriber_id": str(row.id)}, visible=False)


def _count_asked(addresses: Mapping[UUID, str]) -> Set[UUID]:
    """Those whose mailboxes may get one more mail that asks; that counts it, for all organizations together."""
    return {one for one, address in addresses.items() if may_be_written_to(Asking.CONFIRMATION, address)}


def _waits_for_mail(row: Subscriber, now: datetime) -> bool:
    return row.state is SubscriberState.PENDING and may_ask_again(row.requested_at, None, now)


def _is_to_be_asked_anew(scope: Scope, row: Subscriber) -> bool:
    return row.state is SubscriberState.QUARANTINED and row.confirmed_at is None and not _complained(scope, row)


def _complained(scope: Scope, row: Subscriber) -> bool:
    return find_suppression(scope, row.mailbox) is SuppressionReason.COMPLAINED


def _found(scope: Scope, subscriber_ids: Collection[UUID], *, lock: bool = False) -> Collection[Subscriber]:
    """Those that are there; with `lock` nobody else changes them until the transaction ends."""
    wanted = (
        select(Subscriber)
        .where(
            Subscriber.organization_id == scope.organization_id,
            Subscriber.id.in_(sorted(set(subscriber_ids))[:MOST_AT_ONCE]),
        )
        .order_by(Subscriber.id)
    )
    return scope.session.scalars(wanted.with_for_update() if lock else wanted).all()
