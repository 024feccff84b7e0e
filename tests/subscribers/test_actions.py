"""What subscribers do, and what no page of ours would ask for."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app import clock
from app.accounts.tokens import token_hash
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Invalid, NotFound
from app.subscribers.actions import be_forgotten, choose, confirm, request_subscription, unsubscribe
from app.subscribers.models import Subscriber, Suppression
from app.subscribers.queries import SubscriberView, get_by_manage_token
from app.subscribers.rules import Choices, NewsKind, Offered, SubscriberState, SuppressionReason
from app.subscribers.suppression import find_suppression, suppress
from app.subscribers.tokens import confirm_token, manage_token
from app.text.addresses import mailbox_of
from tests.builders import Team

ADA = "ada@customer.example"


def token_of(team: Team, subscriber: Subscriber) -> str:
    """The builder gives subscribers no real token: this one gets the one that its mails would carry."""
    token = manage_token(subscriber.id)
    with organization_scope(team.actor()) as scope:
        scope.get(Subscriber, subscriber.id).manage_token_hash = token_hash(token)
    return token


def rows(team: Team) -> list[Subscriber]:
    with organization_scope(team.actor(), read_only=True) as scope:
        return list(scope.session.scalars(select(Subscriber).order_by(Subscriber.id)))


def ask_and_confirm(team: Team, address: str = ADA, *, incident_id: UUID | None = None) -> SubscriberView:
    request_subscription(team.page, address, incident_id=incident_id)
    (row,) = [row for row in rows(team) if row.email == address]
    return confirm(team.page, confirm_token(row.id, row.requested_at))


def suppression_of(team: Team, mailbox: str = ADA) -> SuppressionReason | None:
    with organization_scope(team.actor(), read_only=True) as scope:
        return find_suppression(scope, mailbox)


def test_who_left_while_their_page_was_open_chooses_nothing(team: Team):
    token = token_of(team, team.subscriber())
    unsubscribe(team.page, token)

    with pytest.raises(NotFound):
        choose(team.page, token, Choices(), Offered())


def test_services_and_groups_and_kinds_are_kept_as_they_were_chosen(team: Team):
    api, group = team.service("API"), team.group("Platform")
    token = token_of(team, team.subscriber())
    chosen = Choices(
        all_services=False,
        services=frozenset({api.id}),
        groups=frozenset({group.id}),
        kinds=frozenset({NewsKind.INCIDENTS, NewsKind.MAINTENANCE}),
    )
    offered = Offered(services={api.id}, groups={group.id})

    first = choose(team.page, token, chosen, offered)
    again = choose(team.page, token, chosen, offered)

    assert (first.choices, again.choices) == (chosen, chosen)


def test_an_address_that_nobody_checked_is_refused(team: Team):
    with pytest.raises(Invalid):
        request_subscription(team.page, "ada@customer.example\r\nBcc: eve@evil.example")


def test_another_address_of_a_known_mailbox_is_that_subscriber(team: Team, traveller):
    ask_and_confirm(team)
    traveller.shift(3600)

    request_subscription(team.page, "ada+status@customer.example")

    (row,) = rows(team)
    assert (row.email, row.state) == (ADA, SubscriberState.CONFIRMED)


def test_who_is_not_told_yet_is_asked_at_the_address_typed_last(team: Team, traveller):
    request_subscription(team.page, ADA)
    traveller.shift(3600)

    request_subscription(team.page, "ada+status@customer.example")

    (row,) = rows(team)
    assert (row.email, row.mailbox, row.state) == ("ada+status@customer.example", ADA, SubscriberState.PENDING)


def test_leaving_is_remembered_and_coming_back_by_oneself_undoes_it(team: Team, traveller):
    view = ask_and_confirm(team)
    traveller.shift(3600)

    unsubscribe(team.page, view.manage_token)
    after_leaving = suppression_of(team)
    ask_and_confirm(team)

    assert (after_leaving, suppression_of(team)) == (SuppressionReason.UNSUBSCRIBED, None)


def test_who_complained_is_not_asked_whoever_types_their_address(team: Team):
    with organization_scope(team.actor()) as scope:
        suppress(scope, ADA, SuppressionReason.COMPLAINED)

    request_subscription(team.page, ADA)

    (row,) = rows(team)
    assert row.state is SubscriberState.QUARANTINED


def test_who_is_forgotten_leaves_nothing_but_a_hash(team: Team):
    view = ask_and_confirm(team)

    be_forgotten(team.page, view.manage_token)

    assert rows(team) == []
    assert suppression_of(team) is SuppressionReason.UNSUBSCRIBED
    with organization_scope(team.actor(), read_only=True) as scope:
        kept = scope.session.scalars(select(Suppression)).one()
        events = scope.session.scalars(select(Event.payload)).all()
    assert len(kept.mailbox_hash) == 32
    assert ADA not in str(events)


def test_following_an_incident_asks_for_nothing_else(team: Team):
    incident = team.incident("Errors")

    view = ask_and_confirm(team, incident_id=incident.id)

    assert view.follows == {incident.id: "Errors"}
    assert (view.choices.kinds, view.choices.all_services) == (frozenset(), False)


def test_a_confirmed_subscriber_hears_of_an_incident_only_once_they_say_so(team: Team, traveller):
    api = team.service("API")
    incident = team.incident("Errors")
    subscriber = team.subscriber(ADA, chosen=(api,))
    token_of(team, subscriber)
    traveller.shift(3600)

    request_subscription(team.page, ADA, incident_id=incident.id)
    before = get_by_manage_token(team.page, manage_token(subscriber.id))
    (row,) = rows(team)
    after = confirm(team.page, confirm_token(row.id, row.requested_at))

    assert (dict(before.follows), before.is_answered) == ({}, False)
    assert after.follows == {incident.id: "Errors"}
    assert after.choices.services == {api.id}


def test_a_follower_who_subscribes_hears_of_everything(team: Team, traveller):
    incident = team.incident("Errors")
    ask_and_confirm(team, incident_id=incident.id)
    traveller.shift(3600)

    view = ask_and_confirm(team)

    assert (view.choices.all_services, view.choices.kinds) == (True, frozenset(NewsKind))
    assert view.follows == {incident.id: "Errors"}


def test_a_confirmation_of_a_follow_may_be_pressed_twice(team: Team):
    incident = team.incident("Errors")
    ask_and_confirm(team, incident_id=incident.id)
    (row,) = rows(team)

    again = confirm(team.page, confirm_token(row.id, row.requested_at))

    assert again.is_answered
    assert row.confirmed_at is not None
    assert row.confirmed_at <= clock.now()


@pytest.mark.parametrize(
    "address", ["ada@a.example", "ada+x@a.example", "ada+x+y@a.example", "+x@a.example", "a+@a.example"]
)
def test_the_database_makes_the_same_mailbox_of_an_address_as_we_do(team: Team, address: str):
    team.subscriber(address)

    assert [row.mailbox for row in rows(team)] == [mailbox_of(address)]
