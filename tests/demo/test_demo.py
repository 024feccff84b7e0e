"""The demo organization, as `flask demo` makes it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.actions import Browser, sign_in
from app.accounts.queries import find_signed_in
from app.accounts.rules import Claims
from app.blueprints.dashboard.repeats import rule_in_words
from app.config import Environment
from app.database.audit import AuditEntry
from app.database.base import Base
from app.database.outbox import Event
from app.database.scope import system_scope
from app.delivery.models import Delivery, DeliveryBatch, Notification
from app.delivery.notify import TOLD_KINDS
from app.delivery.rules import BatchState, DeliveryState
from app.demo.actions import create_demo
from app.development.people import PEOPLE
from app.extensions import settings
from app.incidents.message_templates.models import MessageTemplate
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.rules import Stage, allowed_stages
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.pages.views import PageView
from app.services.claims import read_inputs
from app.services.models import Service, StatusChange
from app.services.rules import ServiceStatus, resolve_status
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from app.tables import Base as AllTables
from tests.browsers import HttpBrowser
from tests.builders import World


@pytest.fixture(scope="module")
def demo_app(emptied: Callable[[], AbstractContextManager[Flask]]) -> Iterator[Flask]:
    """The application with the demo in it, for all tests that only look; those that begin anew come after them."""
    with emptied() as app:
        assert create_demo()
        yield app


@pytest.fixture(scope="module")
def demo(demo_app: Flask) -> PageView:
    """The demo's page, just made."""
    return build_page(get_page("demo"))


def rows(table: type[Base], *order: object) -> Sequence[Base]:
    with system_scope("a test reads the demo") as scope:
        return scope.session.scalars(select(table).order_by(*order)).all()


def test_it_has_services_in_groups_with_ninety_known_days_each(demo: PageView):
    services = list(demo.services)

    assert len(demo.groups) == 4
    assert len(services) == 12
    assert all(len(service.days) == 90 for service in services)
    assert all(day.status is not None for service in services for day in service.days)


def test_its_uptimes_are_believable(demo: PageView):
    uptimes = [service.uptime for service in demo.services if service.uptime is not None]

    assert len(uptimes) == 12
    assert all(0.99 < uptime < 1 for uptime in uptimes)


def test_one_incident_is_open_since_some_minutes(demo: PageView):
    (incident,) = demo.active_incidents

    assert timedelta(minutes=30) < demo.built_at - incident.started_at < timedelta(hours=1)
    assert [update.stage for update in incident.updates] == [Stage.IDENTIFIED, Stage.INVESTIGATING]
    assert demo.overall.status is ServiceStatus.PARTIAL_OUTAGE


def test_maintenance_comes_in_three_days(demo: PageView):
    window = demo.maintenances[0]

    assert not window.running
    assert (window.starts_at.astimezone(demo.time_zone).date() - demo.today).days == 3


def test_some_maintenance_comes_again_and_again(demo: PageView):
    planned = [window for window in rows(Maintenance, Maintenance.starts_at) if window.series_id is not None]

    assert len(planned) == 3
    assert demo.maintenances[1].title == planned[0].title == "Host patches"
    assert {window.notify for window in planned} == {False}


def test_the_dashboard_has_words_for_how_its_work_recurs(demo: PageView):
    [series] = rows(MaintenanceSeries)

    assert re.fullmatch("Every 4 weeks on [A-Z][a-z]+day", rule_in_words(series.rule))


def test_its_feed_tells_a_year_of_what_its_people_did(demo: PageView):
    with system_scope("a test reads the demo") as scope:
        found = scope.session.execute(
            select(AuditEntry.action, AuditEntry.actor_name, AuditEntry.at).order_by(AuditEntry.at)
        ).all()

    lately = [(action, who) for action, who, at in found if at > demo.built_at - timedelta(hours=1)]
    assert lately[:2] == [("incident.created", "Jonas Weber"), ("incident.updated", "Mara Lind")]
    assert found[0].at < demo.built_at - timedelta(days=365)
    assert {"maintenance.completed", "service.created", "service.status_changed"} <= {one.action for one in found}


def test_texts_are_at_hand_for_each_form(demo: PageView):
    assert {template.kind for template in rows(MessageTemplate)} == set(TemplateKind)


def test_all_but_one_incident_are_past_and_resolved_in_order(demo: PageView):
    past = [incident for incident in rows(Incident, Incident.started_at) if incident.resolved_at is not None]

    assert len(past) == 34
    assert all(incident.started_at < incident.resolved_at < demo.built_at for incident in past)
    for incident in past:
        stages = [update.stage for update in updates_of(incident)]
        assert stages[0] is Stage.INVESTIGATING
        assert stages[-1] is Stage.RESOLVED
        assert all(later in allowed_stages(earlier) for earlier, later in pairwise(stages))


def test_each_status_change_begins_where_the_last_one_ended(demo: PageView):
    for service in demo.services:
        changes = changes_of(service.id)
        assert changes[0].old_status is None
        assert all(before.new_status is after.old_status for before, after in pairwise(changes))
        assert all(change.old_status is not change.new_status for change in changes)
        assert [change.at for change in changes] == sorted(change.at for change in changes)
        assert (changes[-1].new_status, changes[-1].at) == (service.status, service.since)


def test_each_service_shows_what_the_rules_make_of_its_claims(demo: PageView):
    with system_scope("a test reads the demo") as scope:
        services = scope.session.scalars(select(Service)).all()
    from app.database.actor import Actor
    from app.database.scope import organization_scope

    with organization_scope(Actor.worker(demo.organization_id)) as scope:
        inputs = read_inputs(scope, services)

    for service in services:
        assert resolve_status(inputs[service.id]).status is service.status


def test_no_incident_overlaps_another_of_the_same_service(demo: PageView):
    """Every incident's first change of a service starts from operational, and its last one returns there."""
    for service in demo.services:
        for incident in rows(Incident):
            of_incident = [change for change in changes_of(service.id) if change.incident_id == incident.id]
            if of_incident:
                assert of_incident[0].old_status is ServiceStatus.OPERATIONAL
                assert (of_incident[-1].new_status is ServiceStatus.OPERATIONAL) is (incident.resolved_at is not None)


def test_about_forty_people_subscribed_and_most_confirmed(demo: PageView):
    subscribers = rows(Subscriber)
    confirmed = [one for one in subscribers if one.state is SubscriberState.CONFIRMED]

    assert 38 <= len(subscribers) <= 45
    assert len(confirmed) > 30
    assert any(not one.all_services for one in confirmed)
    assert all(one.email.endswith("@customer.example") for one in subscribers)


def test_its_past_was_told_and_nobody_is_told_again(demo: PageView):
    told = {one.update_id for one in rows(Notification)}

    assert told == {update.id for update in rows(IncidentUpdate)}
    assert {one.state for one in rows(DeliveryBatch)} == {BatchState.DONE}
    assert {one.state for one in rows(Delivery)} == {DeliveryState.SENT}
    assert [event.kind for event in rows(Event) if event.kind in TOLD_KINDS and event.payload["notify"]] == []


@pytest.mark.parametrize("person", PEOPLE, ids=[person.role for person in PEOPLE])
def test_its_people_sign_in_with_their_roles(demo: PageView, person):
    token = sign_in(Claims(settings.oidc_issuer, person.subject, person.email, person.name), Browser("", ""))

    signed_in = find_signed_in(token)

    assert signed_in is not None
    (membership,) = signed_in.memberships
    assert (membership.slug, membership.role.value) == ("demo", person.role)


def test_a_second_time_changes_nothing(demo: PageView):
    before = counts()

    assert not create_demo()
    assert counts() == before


def test_another_port_of_the_local_sign_in_knows_the_same_people(demo_app: Flask):
    people = counts()["users"]
    moved = replace(demo_app.extensions["upfront.settings"], oidc_issuer="http://127.0.0.1:2")
    demo_app.extensions["upfront.settings"] = moved
    try:
        create_demo()
    finally:
        demo_app.extensions["upfront.settings"] = replace(moved, oidc_issuer="http://127.0.0.1:1")

    assert counts()["users"] == people
    assert counts()["identities"] == 2 * people


def test_its_page_is_served(demo_app: Flask):
    text = HttpBrowser(demo_app, demo_app.response_class).get("/demo").text

    assert "Elevated error rates on the API" in text
    assert "Network upgrade, Asia Pacific" in text
    assert "Delayed webhook deliveries" in text


def updates_of(incident: Incident) -> list[IncidentUpdate]:
    return [one for one in rows(IncidentUpdate, IncidentUpdate.posted_at) if one.incident_id == incident.id]


def changes_of(service_id: object) -> list[StatusChange]:
    return [one for one in rows(StatusChange, StatusChange.id) if one.service_id == service_id]


def counts() -> dict[str, int]:
    with system_scope("a test counts rows") as scope:
        return {
            table.name: scope.session.scalar(select(func.count()).select_from(table)) or 0
            for table in AllTables.metadata.sorted_tables
        }


def test_it_announces_something_once_and_writes_to_nobody(demo: PageView):
    create_demo()

    (announcement,) = build_page(get_page("demo")).announcements
    assert announcement.ends_at is not None
    assert not any(event.kind.startswith("announcement.") and event.payload["notify"] for event in rows(Event))


def test_it_goes_on_where_it_was_cut_off(app: Flask, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patched:
        patched.setattr("app.demo.actions.Past", None)
        with pytest.raises(TypeError):
            create_demo()

    assert create_demo()
    assert len(list(build_page(get_page("demo")).services)) == 12


def test_an_address_that_is_somebody_elses_is_left_alone(app: Flask, world: World):
    theirs = world.team("Demo recordings", "demo")

    assert not create_demo()
    assert [service.name for service in build_page(get_page("demo")).services] == []
    assert theirs.slug == "demo"


def test_the_command_says_what_it_did_and_then_nothing(app: Flask):
    runner = app.test_cli_runner()

    first, second = runner.invoke(args=["demo"]), runner.invoke(args=["demo"])

    assert (first.exit_code, first.output) == (0, "The demo organization is ready.\n")
    assert (second.exit_code, second.output) == (0, "")


def test_the_command_refuses_in_production(app: Flask):
    usual = app.extensions["upfront.settings"]
    app.extensions["upfront.settings"] = replace(usual, environment=Environment.PRODUCTION)
    try:
        answer = app.test_cli_runner().invoke(args=["demo"])
    finally:
        app.extensions["upfront.settings"] = usual

    assert answer.exit_code == 1
    assert "production" in answer.output
    assert counts()["organizations"] == 0
