"""What can be done about being told: ask for it, confirm it, choose, leave, be forgotten.

Whoever does these things has no account. They show the token of one of our mails, or only an address: then nothing that
is answered may tell whether the address is known. What members do with subscribers is in `managing`.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Invalid
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.queries import (
    SubscriberView,
    check_link,
    get_subscriber,
    is_told,
    read_choices,
    view_of,
)
from app.subscribers.rules import (
    Choices,
    NewsKind,
    Offered,
    PageKey,
    SubscriberSource,
    SubscriberState,
    SuppressionReason,
    check_choices,
    may_ask_again,
)
from app.subscribers.suppression import find_suppression, lift, suppress
from app.subscribers.tokens import confirm_token, manage_token
from app.text.addresses import check_address, mailbox_of
from app.text.languages import PageLanguage

COMPLAINED = "This person called our mail spam."
"""Why nothing is sent to an address that complained before it was forgotten here."""


def request_subscription(
    page: PageKey, address: str, *, incident_id: UUID | None = None, language: PageLanguage | None = None
) -> None:
    """Ask the owner of an address whether they want to be told: a mail follows from the event.

    Nothing is returned: for a new address, one that is pending, confirmed or has left, the caller gets the same, after
    the same statements. An address that was asked within the last quarter of an hour, by whichever organization, is not
    asked again.

    Another address of a mailbox that is known is that subscriber: who is told already hears so where they are told, and
    who is not is asked at the address typed last (decision 0032).

    Args:
        page: what they want to hear of.
        address: went through `text.addresses.normalize_address`.
        incident_id: of an incident that the page shows, to hear of nothing else.
        language: the one of the page's in which they read it.

    Raises:
        Invalid: it is no address.
    """
    if fault := check_address(address):
        raise Invalid({"email": fault})
    if not may_be_written_to(Asking.CONFIRMATION, address):
        return
    now = clock.now()
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        is_new = _add_if_missing(scope, page, address, now, language)
        subscriber = get_subscriber(scope, page, Subscriber.mailbox == mailbox_of(address), lock=True)
        complained = find_suppression(scope, subscriber.mailbox) is SuppressionReason.COMPLAINED
        if not is_new and not may_ask_again(subscriber.requested_at, subscriber.unsubscribed_at, now):
            return
        is_answered = is_told(subscriber, read_choices(scope, subscriber)[0], incident_id)
        before = None if is_new else subscriber.requested_at
        subscriber.requested_at = now
        subscriber.asked_incident_id = incident_id
        if not is_answered:
            subscriber.confirm_token_hash = token_hash(confirm_token(subscriber.id, now))
        if subscriber.state is not SubscriberState.CONFIRMED:
            subscriber.email = address
            subscriber.state = SubscriberState.PENDING
            subscriber.language = language
            if complained:
                put_aside(subscriber, COMPLAINED)
        # Of a confirmed address too: whoever listens decides what there is to say, and the work here is the same.
        scope.record("subscriber.requested", subscriber, changes={"requested_at": (before, now)})
        scope.emit("subscriber.requested", {"subscriber_id": str(subscriber.id)}, visible=False)


def confirm(page: PageKey, token: str) -> SubscriberView:
    """Say yes, by the token of a confirmation mail: from now on the address is told what was asked for. Twice is once.

    Raises:
        NotFound: no such token on this page, or a later mail has replaced it.
        LinkExpired: it is older than a day.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.confirm_token_hash == token_hash(token), lock=True)
        view = view_of(scope, subscriber)
        check_link(subscriber, is_answered=view.is_answered)
        if view.is_answered:
            return view
        if subscriber.asked_incident_id is None:
            _begin_anew(scope, subscriber)
        else:
            _follow(scope, subscriber, subscriber.asked_incident_id)
        scope.record("subscriber.confirmed", subscriber, changes={"follows": (None, subscriber.asked_incident_id)})
        scope.emit("subscriber.confirmed", {"subscriber_id": str(subscriber.id)}, visible=False)
        return view_of(scope, subscriber)


def choose(page: PageKey, token: str, chosen: Choices, offered: Offered) -> SubscriberView:
    """Choose what to hear of, and in which language. Of the incidents they follow they may keep some.

    Args:
        page: the one that they subscribed to.
        token: of their mails.
        chosen: what they want from now on.
        offered: what the page shows.

    Raises:
        NotFound: no confirmed subscriber of this page has this token.
        Invalid: nothing is chosen, or something that the page does not show.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(
            scope,
            page,
            (Subscriber.manage_token_hash == token_hash(token)) & (Subscriber.state == SubscriberState.CONFIRMED),
            lock=True,
        )
        write_choices(scope, subscriber, chosen, offered)
        return view_of(scope, subscriber)


def unsubscribe(page: PageKey, token: str) -> SubscriberView:
    """Leave: nothing is sent to the address any more, and a confirmation that is under way is void. Twice is once.

    Raises:
        NotFound: no such token on this page.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.manage_token_hash == token_hash(token), lock=True)
        if subscriber.state is not SubscriberState.UNSUBSCRIBED:
            subscriber.state = SubscriberState.UNSUBSCRIBED
            subscriber.unsubscribed_at = clock.now()
            subscriber.confirm_token_hash = None
            take_back(subscriber)
            suppress(scope, subscriber.mailbox, SuppressionReason.UNSUBSCRIBED)
            scope.record("subscriber.unsubscribed", subscriber)
            scope.emit("subscriber.unsubscribed", {"subscriber_id": str(subscriber.id)}, visible=False)
        return view_of(scope, subscriber)


def be_forgotten(page: PageKey, token: str) -> None:
    """Erase all that the organization knows of a mailbox, on each of its pages, but that it is not to be written to.

    Raises:
        NotFound: no such token on this page.
    """
    with organization_scope(Actor.subscriber(page.organization_id)) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.manage_token_hash == token_hash(token), lock=True)
        suppress(scope, subscriber.mailbox, SuppressionReason.UNSUBSCRIBED)
        everywhere = select(Subscriber.id).where(
            Subscriber.organization_id == scope.organization_id, Subscriber.mailbox == subscriber.mailbox
        )
        erase(scope, tuple(scope.session.scalars(everywhere)))


def erase(scope: Scope, subscriber_ids: tuple[UUID, ...]) -> int:
    """Delete subscribers with all that was sent to them; returns how many there were. The log says so of each id."""
    gone = scope.session.scalars(
        delete(Subscriber)
        .where(Subscriber.organization_id == scope.organization_id, Subscriber.id.in_(subscriber_ids))
        .returning(Subscriber.id)
    ).all()
    for subscriber_id in gone:
        scope.record("subscriber.erased", subject_id=subscriber_id)
        scope.emit("subscriber.erased", {"subscriber_id": str(subscriber_id)}, visible=False)
    return len(gone)


def write_choices(scope: Scope, subscriber: Subscriber, chosen: Choices, offered: Offered) -> None:
    """Have a subscriber hear of what is chosen, from now on.

    Raises:
        Invalid: nothing is chosen, or something that the page does not show.
    """
    followed = scope.session.scalars(
        select(SubscriberChoice.incident_id).where(_of(scope, subscriber), SubscriberChoice.incident_id.is_not(None))
    )
    chosen = replace(chosen, follows=chosen.follows & {one for one in followed if one is not None})
    if faults := check_choices(chosen, offered):
        raise Invalid(faults)
    before = sorted(subscriber.kinds)
    subscriber.all_services = chosen.all_services and bool(chosen.kinds)
    subscriber.kinds = sorted(chosen.kinds)
    subscriber.language = chosen.language
    scope.session.execute(
        delete(SubscriberChoice).where(
            _of(scope, subscriber), or_(SubscriberChoice.incident_id.not_in(chosen.follows), _is_rule())
        )
    )
    if not chosen.all_services:
        _add_choices(
            scope,
            subscriber,
            [{"service_id": service_id, "group_id": None} for service_id in sorted(chosen.services)]
            + [{"service_id": None, "group_id": group_id} for group_id in sorted(chosen.groups)],
        )
    services = None if chosen.all_services else sorted(chosen.services | chosen.groups)
    scope.record(
        "subscriber.chose",
        subscriber,
        changes={"services": (None, services), "kinds": (before, sorted(chosen.kinds))},
    )
    scope.emit("subscriber.chose", {"subscriber_id": str(subscriber.id)}, visible=False)


def put_aside(subscriber: Subscriber, reason: str) -> None:
    """Send nothing to a subscriber until it is mended."""
    subscriber.state = SubscriberState.QUARANTINED
    subscriber.quarantine_reason = reason
    subscriber.quarantined_at = clock.now()


def take_back(subscriber: Subscriber) -> None:
    """Forget why a subscriber was put aside."""
    subscriber.quarantine_reason = None
    subscriber.quarantined_at = None


def _begin_anew(scope: Scope, subscriber: Subscriber) -> None:
    """Tell them of everything, as the page promised, whatever they had chosen before they left."""
    now = clock.now()
    subscriber.state = SubscriberState.CONFIRMED
    subscriber.confirmed_at = now
    subscriber.all_services = True
    subscriber.kinds = list(NewsKind)
    if subscriber.source is SubscriberSource.IMPORT or not subscriber.consent:
        # What they say themselves is worth more than what a member knows of it.
        subscriber.source, subscriber.consent, subscriber.import_id = SubscriberSource.FORM, "", None
    take_back(subscriber)
    lift(scope, subscriber.mailbox)
    scope.session.execute(delete(SubscriberChoice).where(_of(scope, subscriber), _is_rule()))


def _follow(scope: Scope, subscriber: Subscriber, incident_id: UUID) -> None:
    """Tell them of one incident besides what they hear of; who heard of nothing hears of nothing else."""
    if subscriber.state is not SubscriberState.CONFIRMED:
        subscriber.state = SubscriberState.CONFIRMED
        subscriber.confirmed_at = clock.now()
        subscriber.all_services, subscriber.kinds = False, []
        take_back(subscriber)
        lift(scope, subscriber.mailbox, only=SuppressionReason.BOUNCED)
        scope.session.execute(delete(SubscriberChoice).where(_of(scope, subscriber), _is_rule()))
    _add_choices(scope, subscriber, [{"incident_id": incident_id}])


def _of(scope: Scope, subscriber: Subscriber) -> ColumnElement[bool]:
    return and_(
        SubscriberChoice.organization_id == scope.organization_id, SubscriberChoice.subscriber_id == subscriber.id
    )


def _is_rule() -> ColumnElement[bool]:
    return SubscriberChoice.incident_id.is_(None)


def _add_choices(scope: Scope, subscriber: Subscriber, choices: list[dict[str, UUID | None]]) -> None:
    if choices:
        now = clock.now()
        mine = {"organization_id": scope.organization_id, "subscriber_id": subscriber.id, "created_at": now}
        scope.session.execute(insert(SubscriberChoice), [{**mine, "id": new_id(), **one} for one in choices])


def _add_if_missing(scope: Scope, page: PageKey, address: str, now: datetime, language: PageLanguage | None) -> bool:
    """Whether the mailbox was not there. Of many who ask at once for one, one adds it and the others wait."""
    subscriber_id = new_id()
    added = scope.session.scalar(
        insert_or_skip(Subscriber)
        .values(
            organization_id=scope.organization_id,
            id=subscriber_id,
            page_id=page.page_id,
            email=address,
            state=SubscriberState.PENDING,
            all_services=True,
            language=language,
            requested_at=now,
            manage_token_hash=token_hash(manage_token(subscriber_id)),
            created_at=now,
        )
        .on_conflict_do_nothing(constraint="subscribers_mailbox_key")
        .returning(Subscriber.id)
    )
    return added is not None
