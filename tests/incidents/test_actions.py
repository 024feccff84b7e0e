"""What can be done to incidents, and how services follow: also with several of them open at once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import travel

from app import clock
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.incidents import actions, rules
from app.incidents.actions import NewIncident, NewUpdate
from app.incidents.models import Incident, IncidentService
from app.incidents.queries import get_incident, list_incidents
from app.incidents.rules import Impact, Stage
from app.services.queries import get_changes
from app.services.rules import ServiceStatus
from tests.builders import Team, World
from tests.together import run_together


def messages(team: Team, incident: Incident) -> list[str]:
    return [update.message for update in get_incident(team.actor(), incident.id).updates]


def events(team: Team) -> list[tuple[str, bool | None]]:
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(Event).where(Event.kind.like("incident.%")).order_by(Event.revision))
        return [(event.kind, event.payload.get("notify")) for event in rows]


def test_the_worst_of_several_open_incidents_is_shown(team: Team):
    api = team.service("API")

    team.incident("Errors", affects={api: "partial_outage"})
    team.incident("Slow", affects={api: "degraded_performance"})

    assert team.status_of(api) == "partial_outage"


def test_resolving_gives_the_service_what_its_other_incidents_ask(team: Team):
    api = team.service("API")
    errors = team.incident("Errors", affects={api: "partial_outage"})
    slow = team.incident("Slow", affects={api: "degraded_performance"})

    team.resolve(errors)
    one_left = team.status_of(api)
    team.resolve(slow)

    assert (one_left, team.status_of(api)) == ("degraded_performance", "operational")


def test_resolving_the_newer_incident_does_not_forget_the_older_worse_one(team: Team):
    api = team.service("API")
    team.incident("Errors", affects={api: "major_outage"})
    newer = team.incident("Slow", affects={api: "degraded_performance"})

    team.resolve(newer)

    assert team.status_of(api) == "major_outage"


def test_a_fault_noted_by_hand_before_is_there_again_afterwards(team: Team):
    api = team.service("API")
    team.set_status(api, "degraded_performance")
    incident = team.incident(affects={api: "major_outage"})

    team.resolve(incident)

    assert team.status_of(api) == "degraded_performance"


def test_an_incident_never_improves_a_service(team: Team):
    api = team.service("API")
    team.set_status(api, "major_outage")

    team.incident(affects={api: "degraded_performance"})

    assert team.status_of(api) == "major_outage"


def test_what_the_service_showed_before_is_kept(team: Team):
    api = team.service("API")
    team.set_status(api, "degraded_performance")

    incident = team.incident(affects={api: "major_outage"})

    with organization_scope(team.actor()) as scope:
        row = scope.session.scalars(select(IncidentService).where(IncidentService.incident_id == incident.id)).one()
    assert (row.from_status, row.status) == ("degraded_performance", "major_outage")


def test_an_incident_reported_as_over_leaves_its_services_alone(team: Team):
    api = team.service("API")

    incident = team.incident(affects={api: "major_outage"}, stage="resolved")

    assert team.status_of(api) == "operational"
    assert incident.resolved_at == incident.started_at
    assert len(get_changes(team.actor(), api.id).changes) == 1


@pytest.mark.parametrize("stage", list(Stage))
def test_resolved_is_final(team: Team, stage: Stage):
    api = team.service("API")
    incident = team.resolve(team.incident(affects={api: "major_outage"}))

    with pytest.raises(InvalidTransition, match="final"):
        actions.post_update(incident.id, NewUpdate(stage, "Not really."), by=team.actor())

    assert team.status_of(api) == "operational"
    assert len(messages(team, incident)) == 2


def test_an_incident_never_goes_back(team: Team):
    incident = team.incident(stage="monitoring")

    with pytest.raises(InvalidTransition, match="cannot go back"):
        team.update(incident, "investigating")


def test_deleting_recomputes_the_services_and_keeps_the_rows(team: Team):
    api = team.service("API")
    incident = team.incident(affects={api: "major_outage"})
    team.incident(affects={api: "degraded_performance"})

    team.delete(incident)

    assert team.status_of(api) == "degraded_performance"
    with organization_scope(team.actor()) as scope:
        kept = scope.get(Incident, incident.id)
    assert (kept.deleted_by_name, kept.deleted_at is not None) == ("Mara Lind", True)
    assert events(team)[-1][0] == "incident.deleted"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda team, one: team.update(one),
        lambda team, one: team.delete(one),
        lambda team, one: actions.edit_incident(one.id, "Title", Impact.NONE, by=team.actor()),
        lambda team, one: get_incident(team.actor(), one.id),
    ],
)
def test_a_deleted_incident_is_not_there(team: Team, attempt: Callable[[Team, Incident], object]):
    incident = team.resolve(team.incident())
    team.delete(incident)

    with pytest.raises(NotFound):
        attempt(team, incident)


def test_a_deleted_incident_is_not_followed(team: Team):
    gone = team.resolve(team.incident())
    team.delete(gone)

    with pytest.raises(Invalid, match="deleted meanwhile"):
        team.incident(follows=gone)


def test_only_a_resolved_incident_can_be_followed(team: Team):
    still_open = team.incident()

    with pytest.raises(Invalid, match="still open"):
        team.incident(follows=still_open)

    followed = team.resolve(still_open)
    assert team.incident(follows=followed).follows_id == followed.id


def test_a_form_that_saw_an_older_version_is_refused_and_loses_nothing_of_the_others(team: Team):
    incident = team.incident()
    seen = get_incident(team.actor(), incident.id).version
    team.update(incident, message="First.")

    with pytest.raises(Conflict, match="Your text is kept"):
        team.update(incident, message="Second.", seen_version=seen)

    assert messages(team, incident) == ["First.", "We are looking into it."]


def test_of_two_who_post_at_once_one_is_told(app: Flask, team: Team):
    incident = team.incident()
    seen = get_incident(team.actor(), incident.id).version
    told: list[Exception] = []

    def post(message: str) -> None:
        try:
            team.update(incident, message=message, seen_version=seen)
        except Conflict as conflict:
            told.append(conflict)

    run_together(app, [lambda: post("First."), lambda: post("Second.")])

    assert len(told) == 1
    assert len(messages(team, incident)) == 2


def test_two_who_report_on_the_same_services_at_once_both_count(app: Flask, team: Team):
    api, web = team.service("API"), team.service("Web")

    run_together(
        app,
        [
            lambda: team.incident("One", affects={api: "partial_outage", web: "degraded_performance"}),
            lambda: team.incident("Two", affects={web: "major_outage", api: "degraded_performance"}),
        ],
    )

    assert (team.status_of(api), team.status_of(web)) == ("partial_outage", "major_outage")
    assert len(list_incidents(team.actor()).open) == 2


def test_the_same_form_posts_once(team: Team):
    form_id = uuid4()
    new = NewIncident("Errors", "Something is wrong.", form_id=form_id)

    first, second = (actions.report_incident(new, by=team.actor()) for _ in range(2))

    assert first.id == second.id
    assert events(team) == [("incident.created", True)]


def test_the_same_form_of_an_update_posts_once_though_the_version_is_older_now(team: Team):
    incident = team.incident()
    seen = get_incident(team.actor(), incident.id).version
    new = NewUpdate(Stage.IDENTIFIED, "Found it.", seen_version=seen, form_id=uuid4())

    for _ in range(2):
        actions.post_update(incident.id, new, by=team.actor())

    assert messages(team, incident) == ["Found it.", "We are looking into it."]


def test_a_form_of_another_organization_is_another_form(world: World, team: Team):
    form_id = uuid4()
    new = NewIncident("Errors", "Something is wrong.", form_id=form_id)
    actions.report_incident(new, by=world.team("Contoso", "contoso").actor())

    actions.report_incident(new, by=team.actor())

    assert len(list_incidents(team.actor()).open) == 1


def test_subscribers_are_told_unless_it_is_silent(team: Team):
    incident = team.incident(notify=False)
    team.update(incident, notify=True)
    team.resolve(incident)

    assert events(team) == [("incident.created", False), ("incident.updated", True), ("incident.resolved", True)]


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewIncident("", ""), {"title", "message"}),
        (NewIncident("x", "Something."), {"title"}),
        (NewIncident("x" * 201, "Something."), {"title"}),
        (NewIncident("Errors", "x" * 10_001), {"message"}),
    ],
)
def test_what_does_not_fit_is_refused_all_at_once(team: Team, new: NewIncident, fields: set[str]):
    with pytest.raises(Invalid) as refusal:
        actions.report_incident(new, by=team.actor())

    assert set(refusal.value.faults) == fields
    assert list_incidents(team.actor()).open == ()


def test_an_incident_touches_only_so_many_services(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "MOST_AFFECTED", 1)
    affects = {team.service("A"): "major_outage", team.service("B"): "major_outage"}

    with pytest.raises(Invalid) as refusal:
        team.incident(affects=affects)

    assert list(refusal.value.faults) == ["affected"]


@pytest.mark.parametrize("whose", ["nobody's", "another organization's"])
def test_a_service_that_is_not_ours_takes_the_whole_report_back(world: World, team: Team, whose: str):
    theirs = world.team("Contoso", "contoso").service("API")
    service_id: UUID = uuid4() if whose == "nobody's" else theirs.id
    new = NewIncident("Errors", "Something.", affected={service_id: ServiceStatus.MAJOR_OUTAGE})

    with pytest.raises(NotFound):
        actions.report_incident(new, by=team.actor())

    assert list_incidents(team.actor()).open == ()


def test_an_edited_message_is_marked_and_nobody_is_told_again(team: Team):
    incident = team.incident(message="Befor.")
    update = get_incident(team.actor(), incident.id).updates[0]
    later = clock.now() + timedelta(minutes=5)

    with travel(later, tick=False):
        actions.edit_update(incident.id, update.id, "Before.", by=team.actor())

    edited = get_incident(team.actor(), incident.id).updates[0]
    assert (edited.message, edited.html, edited.edited_at) == ("Before.", "<p>Before.</p>", later)
    assert [kind for kind, _ in events(team)] == ["incident.created", "incident.edited"]


def test_a_message_saved_as_it_was_is_not_edited(team: Team):
    incident = team.incident(message="Same.")
    update = get_incident(team.actor(), incident.id).updates[0]

    actions.edit_update(incident.id, update.id, "Same.", by=team.actor())

    assert get_incident(team.actor(), incident.id).updates[0].edited_at is None


def test_what_is_kept_of_a_message_is_harmless(team: Team):
    incident = team.incident(message="<script>alert(1)</script> [x](javascript:alert(1))")

    html = get_incident(team.actor(), incident.id).updates[0].html

    assert "<script" not in html
    assert "href" not in html
