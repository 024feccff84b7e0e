"""Drafts: members only, no service follows, and published once."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.database.actor import Actor, ActorRole
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, NotFound
from app.incidents import actions
from app.incidents.actions import NewIncident
from app.incidents.drafts import actions as drafts
from app.incidents.drafts.actions import DraftContent, discard_draft, edit_draft, publish_draft, save_draft
from app.incidents.drafts.queries import get_draft, list_drafts
from app.incidents.models import IncidentDraft
from app.incidents.queries import get_incident, list_incidents
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.services.rules import ServiceStatus
from tests.builders import Team, World
from tests.together import run_together


def draft(team: Team, title: str = "Errors", **values: object) -> IncidentDraft:
    return save_draft(DraftContent(title, **values), by=team.actor())


def events(team: Team) -> list[tuple[str, bool]]:
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(Event).where(Event.kind.like("incident.%")).order_by(Event.created_at))
        return [(event.kind, event.visible) for event in rows]


def test_a_draft_changes_nothing_that_anybody_else_sees(team: Team):
    api = team.service("API")
    before = build_page(get_page(team.slug))

    kept = draft(team, message="We look.", affected={api.id: ServiceStatus.MAJOR_OUTAGE})

    after = build_page(get_page(team.slug))
    assert (after.active_incidents, after.revision) == (before.active_incidents, before.revision)
    assert team.status_of(api) == "operational"
    assert list_incidents(team.actor()).open == ()
    with pytest.raises(NotFound):
        get_incident(team.actor(), kept.id)
    assert events(team) == [("incident.drafted", False)]


@pytest.mark.parametrize("role", [ActorRole.VISITOR, ActorRole.SUBSCRIBER])
def test_the_database_shows_drafts_to_members_only(team: Team, role: ActorRole):
    draft(team)

    with organization_scope(Actor(team.id, role), read_only=True) as scope:
        assert scope.session.scalars(select(IncidentDraft)).all() == []


def test_a_draft_is_changed_freely_and_remembers_who_did(team: Team):
    api = team.service("API")
    kept = draft(team, affected={api.id: None})

    edit_draft(kept.id, DraftContent("Slow", "We look."), by=team.actor())

    row = get_draft(team.actor(), kept.id)
    assert (row.title, row.message, row.affected, row.changed_by) == ("Slow", "We look.", {}, "Mara Lind")
    assert [one.title for one in list_drafts(team.actor())] == ["Slow"]


def test_the_second_of_two_who_change_a_draft_is_told(team: Team):
    kept = draft(team)
    edit_draft(kept.id, DraftContent("Mine"), seen_version=1, by=team.actor())

    with pytest.raises(Conflict) as conflict:
        edit_draft(kept.id, DraftContent("Yours"), seen_version=1, by=team.actor())

    assert conflict.value.title == "Mara Lind changed this draft while you were writing"
    assert get_draft(team.actor(), kept.id).title == "Mine"


def test_published_it_is_an_incident_like_any_other_at_the_same_address(team: Team):
    api = team.service("API")
    kept = draft(team, affected={api.id: ServiceStatus.MAJOR_OUTAGE})
    new = NewIncident("Errors", "We look.", affected={api.id: ServiceStatus.MAJOR_OUTAGE})

    incident = publish_draft(kept.id, new, by=team.actor())

    assert incident.id == kept.id
    assert team.status_of(api) == "major_outage"
    assert list_drafts(team.actor()) == ()
    assert events(team)[-1] == ("incident.created", True)


def test_a_draft_published_by_many_at_once_is_one_incident(app: Flask, team: Team):
    kept = draft(team)
    found: list[UUID] = []

    run_together(
        app,
        [lambda: found.append(publish_draft(kept.id, NewIncident("Errors", "Now."), by=team.actor()).id)] * 5,
    )

    assert set(found) == {kept.id}
    assert [kind for kind, _ in events(team)] == ["incident.drafted", "incident.created"]


def test_what_cannot_be_published_stays_a_draft(team: Team):
    kept = draft(team)

    with pytest.raises(Invalid) as refusal:
        publish_draft(kept.id, NewIncident("Errors", ""), by=team.actor())

    assert list(refusal.value.faults) == ["message"]
    assert get_draft(team.actor(), kept.id).title == "Errors"


def test_a_discarded_draft_is_gone(team: Team):
    kept = draft(team)

    discard_draft(kept.id, by=team.actor())

    assert list_drafts(team.actor()) == ()
    for attempt in (
        lambda: discard_draft(kept.id, by=team.actor()),
        lambda: edit_draft(kept.id, DraftContent("Slow"), by=team.actor()),
        lambda: publish_draft(kept.id, NewIncident("Errors", "Now."), by=team.actor()),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_form_saved_twice_is_one_draft(team: Team):
    form_id = uuid4()

    first, second = (draft(team, form_id=form_id) for _ in range(2))

    assert first.id == second.id


def test_a_form_that_was_saved_and_is_then_published_from_the_page_before_leaves_no_draft(team: Team):
    form_id = uuid4()
    kept = draft(team, form_id=form_id)

    incident = actions.report_incident(NewIncident("Errors", "Now.", form_id=form_id), by=team.actor())

    assert incident.id == kept.id
    assert list_drafts(team.actor()) == ()


def test_a_form_that_was_published_makes_no_draft_any_more(team: Team):
    form_id = uuid4()
    actions.report_incident(NewIncident("Errors", "Now.", form_id=form_id), by=team.actor())

    with pytest.raises(Conflict, match="published this form already"):
        draft(team, message="Now.", form_id=form_id)


def test_a_draft_names_services_and_incidents_of_its_own_organization_only(world: World, team: Team):
    contoso = world.team("Contoso", "contoso")
    theirs = contoso.service("Theirs")
    followed = contoso.resolve(contoso.incident())

    with pytest.raises(NotFound):
        draft(team, affected={theirs.id: None})
    with pytest.raises(Invalid, match="deleted meanwhile"):
        draft(team, follows_id=followed.id)


def test_there_are_only_so_many_drafts(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 1)
    draft(team)

    with pytest.raises(Invalid, match="Publish or discard some first"):
        draft(team)
