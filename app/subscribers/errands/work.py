"""How a worker does an errand: a chunk of those found at a time, in the name of the member who asked for it.

1. The errand is locked, so that of two workers one waits; its cursor says whose turn it is.
2. The next ones are looked for by the same filters as in the list: who is not found any more is left alone.
3. What is done to them and the cursor that moved are one transaction: a worker that dies has done a chunk or has not.

Only the mailboxes that may be asked are counted in a transaction of their own, before: one for all organizations. Whom
a worker counted and died before asking is left alone, as anybody is who was asked a moment ago.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, any_, delete, literal, select

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor, ActorRole
from app.database.scope import Scope, organization_scope, system_scope
from app.errors import Denied
from app.mailboxes.actions import count_mail
from app.mailboxes.rules import Asking, counted_mailbox
from app.organizations.membership import check_still_editor
from app.subscribers.actions import take_back
from app.subscribers.errands.actions import end
from app.subscribers.errands.models import SubscriberErrand
from app.subscribers.errands.rules import Act
from app.subscribers.listing import Filters, is_found
from app.subscribers.models import Subscriber, Suppression
from app.subscribers.rules import SubscriberState, SuppressionReason, may_ask_again
from app.subscribers.suppression import mailbox_hash, suppressed_among
from app.subscribers.tokens import confirm_token

CHUNK = 500
"""Subscribers in one transaction."""


def do_chunk(organization_id: UUID, errand_id: UUID) -> bool:
    """Do the errand for the next ones in line; whether there may be more."""
    worker = Actor.worker(organization_id)
    with organization_scope(worker, read_only=True) as scope:
        errand = scope.find(SubscriberErrand, errand_id)
    if errand is None:
        return False
    member = Actor(organization_id, ActorRole.EDITOR, errand.created_by_user_id, errand.created_by_name)
    with organization_scope(member) as scope:
        row = scope.find(SubscriberErrand, errand_id, lock=True)
        if row is None or row.finished_at is not None:
            return False
        try:
            check_still_editor(scope)
        except Denied:
            end(scope, row, is_stopped=True)
            return False
        people = _next_in_line(scope, row)
        if not people:
            end(scope, row, is_stopped=False)
            return False
        take_turn(scope, row, people)
        return True


def take_turn(scope: Scope, row: SubscriberErrand, people: Sequence[Subscriber]) -> None:
    """Do it with these, and go on behind them."""
    row.after_id = people[-1].id
    row.done += _DO[row.act](scope, row, people)
    row.looked_at += len(people)
    row.touched_at = clock.now()


def _next_in_line(scope: Scope, row: SubscriberErrand) -> Sequence[Subscriber]:
    filters = Filters(row.text, row.state, row.page_id, row.service_id)
    whom = (
        select(Subscriber)
        .where(is_found(scope, filters), Subscriber.id <= row.newest_id, Subscriber.state.in_(row.act.states))
        .order_by(Subscriber.id)
        .limit(CHUNK)
        .with_for_update()
    )
    if row.after_id is not None:
        whom = whom.where(Subscriber.id > row.after_id)
    return scope.session.scalars(whom).all()


def _remove(scope: Scope, row: SubscriberErrand, people: Sequence[Subscriber]) -> int:
    ids = [one.id for one in people]
    scope.session.execute(
        delete(Subscriber)
        .where(Subscriber.organization_id == scope.organization_id, Subscriber.id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def _ask(scope: Scope, row: SubscriberErrand, people: Sequence[Subscriber]) -> int:
    waiting = [one for one in people if may_ask_again(one.requested_at, None, row.created_at)]
    asked = _count_asked(waiting)
    for one in asked:
        _put_question(row, one)
    return len(asked)


def _try(scope: Scope, row: SubscriberErrand, people: Sequence[Subscriber]) -> int:
    """Who was told before is told again, who never said yes is asked; who complained is left alone."""
    against = suppressed_among(scope, [one.mailbox for one in people])
    willing = [one for one in people if against.get(one.mailbox) is not SuppressionReason.COMPLAINED]
    told = [one for one in willing if one.confirmed_at is not None]
    asked = _count_asked([one for one in willing if one.confirmed_at is None])
    for one in told:
        one.state = SubscriberState.CONFIRMED
    for one in asked:
        one.state = SubscriberState.PENDING
        _put_question(row, one)
    for one in (*told, *asked):
        take_back(one)
    _lift_bounces(scope, [one.mailbox for one in (*told, *asked)])
    return len(told) + len(asked)


_DO = {Act.ASK: _ask, Act.TRY: _try, Act.REMOVE: _remove}


def _put_question(row: SubscriberErrand, one: Subscriber) -> None:
    one.requested_at = row.created_at
    one.confirm_token_hash = token_hash(confirm_token(one.id, one.requested_at))


def _count_asked(people: Sequence[Subscriber]) -> Sequence[Subscriber]:
    """Those whose mailboxes may get one more mail that asks; that counts it.

    In the order of what is counted, so that two workers never wait for each other.
    """
    if not people:
        return ()
    now = clock.now()
    with system_scope("a mailbox is one for all organizations that somebody names it to") as scope:
        in_order = sorted(people, key=lambda one: counted_mailbox(one.mailbox))
        return [one for one in in_order if count_mail(scope, Asking.CONFIRMATION, one.email, now)]


def _lift_bounces(scope: Scope, mailboxes: Collection[str]) -> None:
    hashes = [mailbox_hash(scope.organization_id, mailbox) for mailbox in mailboxes]
    scope.session.execute(
        delete(Suppression).where(
            Suppression.organization_id == scope.organization_id,
            Suppression.mailbox_hash == any_(literal(hashes, ARRAY(LargeBinary))),
            Suppression.reason == SuppressionReason.BOUNCED,
        )
    )
