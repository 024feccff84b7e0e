"""The organization's subscribers as its members look through them, however many there are.

Pages go on behind the last id: the thousandth costs what the first does. A part of an address is looked for in every
address, without an index: 100,000 are read in a tenth of a second (`bench/subscribers.py`), and no index finds what
stands in the middle of a word.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, and_, func, select
from sqlalchemy import cast as sql_cast

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.incidents.models import Incident
from app.services.models import Service, ServiceGroup
from app.services.queries import path_column
from app.subscribers.concern import hears_of
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.queries import read_choices
from app.subscribers.rules import Choices, NewsKind, SubscriberChannel, SubscriberSource, SubscriberState
from app.text.languages import PageLanguage

ON_A_PAGE = 100
EXPORTED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which subscribers are looked for; what is empty asks for nothing."""

    text: str = ""
    """A part of the address, in small letters."""
    state: SubscriberState | None = None
    page_id: UUID | None = None
    service_id: UUID | None = None
    """They hear of it."""

    @property
    def narrow(self) -> bool:
        """Whether they leave out more than the counts by state tell anyway."""
        return bool(self.text) or self.service_id is not None


@dataclass(frozen=True, slots=True)
class ListedSubscriber:
    """A subscriber as the organization's members see them."""

    id: UUID
    page_id: UUID
    email: str
    """Where they are written to; of a browser that is told by push, what stands in its place."""
    is_browser: bool
    state: SubscriberState
    since: datetime
    """When they said yes, left, were put aside, or asked: whatever their state is about."""
    kinds: tuple[NewsKind, ...]
    source: SubscriberSource
    consent: str
    reason: str | None
    """Why they were put aside."""
    language: PageLanguage | None
    """None: the page's own."""
    services: tuple[str, ...]
    """Names of those that they chose; empty, as their groups are, for everything."""
    groups: tuple[str, ...]
    follows: tuple[str, ...]
    """Titles of incidents that they follow."""

    @property
    def hears_of(self) -> tuple[str, ...]:
        """In words; empty for everything."""
        return (*self.groups, *self.services, *self.follows)


@dataclass(frozen=True, slots=True)
class SubscriberList:
    """A page of subscribers, the newest first, and how many there are."""

    subscribers: tuple[ListedSubscriber, ...]
    counts: Mapping[SubscriberState, int]
    """In each state, whatever is looked for."""
    found: int
    """How many match."""
    next_page: UUID | None
    """Asks for those after the last one."""


def list_subscribers(actor: Actor, filters: Filters, *, after: UUID | None = None) -> SubscriberList:
    """At most five statements, however many there are; `after` is the `next_page` of the page before."""
    with organization_scope(actor, read_only=True) as scope:
        counts = _count_by_state(scope, filters.page_id)
        matching = is_found(scope, filters)
        here = matching if after is None else and_(matching, Subscriber.id < after)
        rows = scope.session.execute(_rows(here, ON_A_PAGE + 1)).all()
        if not filters.narrow:
            found = sum(counts.values()) if filters.state is None else counts[filters.state]
        elif after is None and len(rows) <= ON_A_PAGE:
            found = len(rows)
        else:
            found = scope.session.scalar(select(func.count()).where(matching)) or 0
        listed = _listed(scope, rows[:ON_A_PAGE])
    return SubscriberList(listed, counts, found, listed[-1].id if len(rows) > ON_A_PAGE else None)


def count_found(actor: Actor, filters: Filters) -> tuple[Mapping[SubscriberState, int], UUID | None]:
    """How many are found in each state, and the newest of them; None where there is nobody."""
    with organization_scope(actor, read_only=True) as scope:
        rows = scope.session.execute(
            select(Subscriber.state, func.count(), func.max(sql_cast(Subscriber.id, Text)))
            .where(is_found(scope, filters))
            .group_by(Subscriber.state)
        ).all()
    newest = max((UUID(one) for _, _, one in rows), default=None)
    return {state: number for state, number, _ in rows}, newest


def get_listed(actor: Actor, subscriber_id: UUID) -> tuple[ListedSubscriber, Choices]:
    """One of them, and what they chose.

    Raises:
        NotFound: the organization has no such subscriber.
    """
    with organization_scope(actor, read_only=True) as scope:
        subscriber = scope.get(Subscriber, subscriber_id)
        mine = and_(Subscriber.organization_id == scope.organization_id, Subscriber.id == subscriber_id)
        (listed,) = _listed(scope, scope.session.execute(_rows(mine, 1)).all())
        return listed, read_choices(scope, subscriber)[0]


def every_subscriber(actor: Actor, filters: Filters) -> Iterator[ListedSubscriber]:
    """All that match and have an address, read in pages of which each is a transaction of its own.

    Nothing is held from one page to the next.
    """
    after: UUID | None = None
    while True:
        with organization_scope(actor, read_only=True) as scope:
            matching = and_(is_found(scope, filters), has_address())
            here = matching if after is None else and_(matching, Subscriber.id < after)
            listed = _listed(scope, scope.session.execute(_rows(here, EXPORTED_AT_ONCE)).all())
        yield from listed
        if len(listed) < EXPORTED_AT_ONCE:
            return
        after = listed[-1].id


def _rows(matching: ColumnElement[bool], most: int) -> Select[*tuple[Any, ...]]:
    # Who has not said yes has chosen nothing yet; but they may have asked to follow one incident and nothing else.
    asked_for = (
        select(Incident.title)
        .where(
            Incident.organization_id == Subscriber.organization_id,
            Incident.id == Subscriber.asked_incident_id,
            Subscriber.state == SubscriberState.PENDING,
        )
        .scalar_subquery()
    )
    return (
        select(
            Subscriber.id,
            Subscriber.page_id,
            Subscriber.email,
            Subscriber.channel,
            Subscriber.state,
            Subscriber.all_services,
            Subscriber.kinds,
            Subscriber.language,
            Subscriber.source,
            Subscriber.consent,
            Subscriber.quarantine_reason,
            Subscriber.requested_at,
            Subscriber.confirmed_at,
            Subscriber.unsubscribed_at,
            Subscriber.quarantined_at,
            asked_for.label("asked_for"),
        )
        .where(matching)
        .order_by(Subscriber.id.desc())
        .limit(most)
    )


def is_found(scope: Scope, filters: Filters) -> ColumnElement[bool]:
    """Whether a `Subscriber` of the scope's organization is one that these filters ask for."""
    conditions: list[ColumnElement[bool]] = [Subscriber.organization_id == scope.organization_id]
    if filters.page_id is not None:
        conditions.append(Subscriber.page_id == filters.page_id)
    if filters.state is not None:
        conditions.append(Subscriber.state == filters.state)
    if filters.text:
        conditions.append(Subscriber.email.contains(filters.text, autoescape=True))
    if filters.service_id is not None:
        conditions.append(hears_of(scope.organization_id, filters.service_id))
    return and_(*conditions)


def has_address() -> ColumnElement[bool]:
    """Whether a `Subscriber` is told by mail, and is no browser."""
    return Subscriber.channel == SubscriberChannel.EMAIL


def _count_by_state(scope: Scope, page_id: UUID | None) -> Mapping[SubscriberState, int]:
    """Each from a small index: the many by one that holds nothing else, the few by another."""
    mine = Subscriber.organization_id == scope.organization_id
    if page_id is not None:
        mine = and_(mine, Subscriber.page_id == page_id)
    many = select(func.count()).where(mine, Subscriber.state == SubscriberState.CONFIRMED)
    few = (
        select(Subscriber.state, func.count())
        .where(mine, Subscriber.state != SubscriberState.CONFIRMED)
        .group_by(Subscriber.state)
    )
    counts = dict.fromkeys(SubscriberState, 0)
    counts[SubscriberState.CONFIRMED] = scope.session.scalar(many) or 0
    counts.update((state, number) for state, number in scope.session.execute(few))
    return counts


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One thing that somebody chose."""

    table: type[Service | ServiceGroup | Incident]
    name: str


def _listed(scope: Scope, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[ListedSubscriber, ...]:
    names = _chosen_names(scope, [row.id for row in rows if not row.all_services])
    return tuple(
        ListedSubscriber(
            row.id,
            row.page_id,
            row.email,
            row.channel is SubscriberChannel.PUSH,
            row.state,
            _since(row),
            tuple(row.kinds),
            row.source,
            row.consent,
            row.quarantine_reason,
            row.language,
            *_chosen_by(row, names),
        )
        for row in rows
    )


def _chosen_by(row: Row[*tuple[Any, ...]], chosen: Mapping[UUID, Sequence[_Chosen]]) -> tuple[tuple[str, ...], ...]:
    """What they chose: services, groups, incidents. Whoever only asked to follow one has chosen nothing else yet."""
    if row.asked_for:
        return (), (), (row.asked_for,)
    return tuple(
        tuple(one.name for one in chosen.get(row.id, ()) if one.table is table)
        for table in (Service, ServiceGroup, Incident)
    )


def _chosen_names(scope: Scope, subscriber_ids: Collection[UUID]) -> Mapping[UUID, Sequence[_Chosen]]:
    """What these subscribers chose, in the order of the page."""
    if not subscriber_ids:
        return {}
    names: dict[UUID, list[_Chosen]] = defaultdict(list)
    mine = SubscriberChoice.organization_id == scope.organization_id
    rows = scope.session.execute(
        select(SubscriberChoice.subscriber_id, Service.name, path_column(), Incident.title)
        .outerjoin(Service, and_(mine, Service.organization_id == scope.organization_id, _is(Service)))
        .outerjoin(ServiceGroup, and_(ServiceGroup.organization_id == scope.organization_id, _is(ServiceGroup)))
        .outerjoin(Incident, and_(Incident.organization_id == scope.organization_id, _is(Incident)))
        .where(mine, SubscriberChoice.subscriber_id.in_(subscriber_ids))
        .order_by(
            ServiceGroup.position.nulls_last(), Service.position.nulls_last(), Service.id, SubscriberChoice.created_at
        )
    )
    for subscriber_id, service, group, incident in rows:
        table = Service if service is not None else ServiceGroup if group is not None else Incident
        names[subscriber_id].append(_Chosen(table, service or group or incident))
    return names


def _is(table: type[Service | ServiceGroup | Incident]) -> ColumnElement[bool]:
    place = {
        Service: SubscriberChoice.service_id,
        ServiceGroup: SubscriberChoice.group_id,
        Incident: SubscriberChoice.incident_id,
    }
    return table.id == place[table]


def _since(row: Row[*tuple[Any, ...]]) -> datetime:
    moments: dict[SubscriberState, datetime | None] = {
        SubscriberState.CONFIRMED: row.confirmed_at,
        SubscriberState.UNSUBSCRIBED: row.unsubscribed_at,
        SubscriberState.QUARANTINED: row.quarantined_at,
    }
    asked: datetime = row.requested_at
    return moments.get(row.state) or asked
