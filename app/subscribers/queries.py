"""What someone who holds a link of ours may see of themselves, and how actions find them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from app import clock
from app.accounts.tokens import token_hash
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.incidents.models import Incident
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import (
    Choices,
    LinkExpired,
    NewsKind,
    PageKey,
    SubscriberState,
    is_expired,
)
from app.subscribers.tokens import manage_token
from app.translated.queries import title_in


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """A subscriber as their own pages show them."""

    id: UUID
    email: str
    state: SubscriberState
    choices: Choices
    follows: Mapping[UUID, str]
    """The titles of the incidents that they follow, in their language."""
    asks_to_follow: str | None
    """The title of the incident that their latest request is about; None: it is about all that the page tells."""
    is_answered: bool
    """Whether they are told already what their latest request asks for."""
    asked_incident_id: UUID | None = None
    """That incident's: a page names it only as long as it tells of it."""

    @property
    def is_confirmed(self) -> bool:
        return self.state is SubscriberState.CONFIRMED

    @property
    def has_left(self) -> bool:
        return self.state is SubscriberState.UNSUBSCRIBED

    @property
    def only_follows(self) -> bool:
        """Whether they hear of nothing but the incidents that they follow."""
        return not self.choices.kinds

    @property
    def manage_token(self) -> str:
        """What their preferences and their way out are reached by. Never log it."""
        return manage_token(self.id)


def get_by_manage_token(page: PageKey, token: str) -> SubscriberView:
    """The subscriber whose mails carry this token.

    Raises:
        NotFound: nobody's of this page.
    """
    with organization_scope(Actor.subscriber(page.organization_id), read_only=True) as scope:
        return view_of(scope, get_subscriber(scope, page, Subscriber.manage_token_hash == token_hash(token)))


def get_by_confirm_token(page: PageKey, token: str) -> SubscriberView:
    """The subscriber whose confirmation mail carries this token; confirmed already, perhaps.

    Raises:
        NotFound: nobody's of this page, or a later mail has replaced it.
        LinkExpired: it is older than a day, and was not used.
    """
    with organization_scope(Actor.subscriber(page.organization_id), read_only=True) as scope:
        subscriber = get_subscriber(scope, page, Subscriber.confirm_token_hash == token_hash(token))
        view = view_of(scope, subscriber)
        check_link(subscriber, is_answered=view.is_answered)
        return view


def check_link(subscriber: Subscriber, *, is_answered: bool) -> None:
    """Refuse a confirmation link that came too late.

    Raises:
        LinkExpired: what it asks for was not granted yet, and it is older than a day.
    """
    if not is_answered and is_expired(subscriber.requested_at, clock.now()):
        raise LinkExpired


def get_subscriber(scope: Scope, page: PageKey, condition: ColumnElement[bool], *, lock: bool = False) -> Subscriber:
    """The page's only subscriber of whom this is true.

    Raises:
        NotFound: there is none; another page's does not count.
    """
    query = select(Subscriber).where(
        Subscriber.organization_id == scope.organization_id, Subscriber.page_id == page.page_id, condition
    )
    subscriber = scope.session.scalar(query.with_for_update() if lock else query)
    if subscriber is None:
        raise NotFound
    return subscriber


def view_of(scope: Scope, subscriber: Subscriber) -> SubscriberView:
    """What the subscriber's own pages show, as it is in this transaction."""
    chosen, follows = read_choices(scope, subscriber)
    asked = subscriber.asked_incident_id
    return SubscriberView(
        subscriber.id,
        subscriber.email,
        subscriber.state,
        chosen,
        follows,
        None if asked is None else _read_title(scope, subscriber, asked),
        is_told(subscriber, chosen, asked),
        asked,
    )


def is_told(subscriber: Subscriber, chosen: Choices, incident_id: UUID | None) -> bool:
    """Whether a subscriber is told of an incident whatever it touches; None: of anything that they have chosen."""
    if subscriber.state is not SubscriberState.CONFIRMED:
        return False
    if incident_id is None:
        return bool(chosen.kinds)
    return (chosen.all_services and NewsKind.INCIDENTS in chosen.kinds) or incident_id in chosen.follows


def read_choices(scope: Scope, subscriber: Subscriber) -> tuple[Choices, Mapping[UUID, str]]:
    """What a subscriber wants to hear of, and the titles of the incidents that they follow."""
    title = _title_for(subscriber)
    rows = scope.session.execute(
        select(
            SubscriberChoice.service_id,
            SubscriberChoice.group_id,
            SubscriberChoice.incident_id,
            title.label("title"),
        )
        .outerjoin(
            Incident,
            and_(
                Incident.organization_id == SubscriberChoice.organization_id,
                Incident.id == SubscriberChoice.incident_id,
            ),
        )
        .where(
            SubscriberChoice.organization_id == scope.organization_id,
            SubscriberChoice.subscriber_id == subscriber.id,
        )
        .order_by(SubscriberChoice.created_at, SubscriberChoice.id)
    ).all()
    follows = {row.incident_id: row.title for row in rows if row.incident_id is not None}
    choices = Choices(
        all_services=subscriber.all_services,
        services=frozenset(row.service_id for row in rows if row.service_id is not None),
        groups=frozenset(row.group_id for row in rows if row.group_id is not None),
        kinds=frozenset(subscriber.kinds),
        language=subscriber.language,
        follows=frozenset(follows),
    )
    return choices, follows


def _read_title(scope: Scope, subscriber: Subscriber, incident_id: UUID) -> str | None:
    return scope.session.scalar(
        select(_title_for(subscriber)).where(
            Incident.organization_id == scope.organization_id, Incident.id == incident_id
        )
    )


def _title_for(subscriber: Subscriber) -> ColumnElement[str]:
    """What a subscriber reads as the title of an incident: who chose no language is told in the page's own."""
    return title_in(Incident.id, Incident.organization_id, Incident.title, subscriber.language)
