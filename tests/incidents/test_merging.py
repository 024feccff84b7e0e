"""Merging a duplicate into the incident that it is about as well: decision 0019."""

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Invalid, InvalidTransition, NotFound
from app.incidents.actions import NewUpdate, post_update
from app.incidents.drafts.actions import DraftContent, save_draft
from app.incidents.merging import merge_incident
from app.incidents.models import Incident, IncidentService
from app.incidents.queries import get_incident, list_incidents
from app.incidents.rules import Stage
from app.incidents.views import IncidentLink
from app.pages.details import get_incident as get_public_incident
from app.pages.finding import get_page
from app.pages.queries import build_page
from tests.builders import Team, World
from tests.together import run_together


def merge(team: Team, duplicate: Incident, into: Incident, **options: bool) -> Incident:
    return merge_incident(duplicate.id, into.id, by=team.actor(), **options)


def asks(team: Team, incident: Incident) -> dict[object, tuple[str, object]]:
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(IncidentService).where(IncidentService.incident_id == incident.id))
        return {row.service_id: (row.status.value, row.asked_at) for row in rows}


def test_the_one_that_goes_on_takes_over_what_the_duplicate_asks_the_worse_wins(team: Team):
    api, web, mail = team.service("API"), team.service("Web"), team.service("Mail")
    target = team.incident("Errors", affects={api: "partial_outage", web: "degraded_performance"})
    duplicate = team.incident("Slow", affects={web: "major_outage", mail: "partial_outage"})
    before, theirs = asks(team, target), asks(team, duplicate)

    merge(team, duplicate, target)

    assert asks(team, target) == {api.id: before[api.id], web.id: theirs[web.id], mail.id: theirs[mail.id]}
    assert [team.status_of(one) for one in (api, web, mail)] == ["partial_outage", "major_outage", "partial_outage"]
    team.resolve(target)
    assert [team.status_of(one) for one in (api, web, mail)] == ["operational"] * 3


def test_a_service_shows_after_the_merger_what_it_showed_before(team: Team):
    api = team.service("API")
    target = team.incident("Errors", affects={api: "major_outage"})
    team.set_status(api, "operational", "It is only slow.")
    duplicate = team.incident("Slow", affects={api: "degraded_performance"})

    merge(team, duplicate, target)

    assert team.status_of(api) == "degraded_performance"


def test_the_duplicate_is_over_and_on_the_page_no_more_but_readable_at_its_address(team: Team):
    target, duplicate = team.incident("Errors"), team.incident("Slow", message="It is slow.")

    merge(team, duplicate, target)

    page = get_page(team.slug)
    view = build_page(page)
    assert [one.title for one in view.active_incidents] == ["Errors"]
    assert all(not day.incidents for day in view.past_days)
    shown = get_public_incident(page, duplicate.id)
    assert shown.merged_into == IncidentLink(target.id, "Errors")
    assert [update.text for update in shown.updates] == ["It is slow."]
    detail = get_incident(team.actor(), target.id)
    assert detail.merged_from == (IncidentLink(duplicate.id, "Slow"),)


def test_a_chain_of_mergers_leads_straight_to_its_end(team: Team):
    first, second, third = team.incident("First"), team.incident("Second"), team.incident("Third")

    merge(team, first, second)
    merge(team, second, third)

    assert [get_incident(team.actor(), one.id).merged_into for one in (first, second)] == [
        IncidentLink(third.id, "Third")
    ] * 2


@pytest.mark.parametrize(
    ("prepare", "fault"),
    [
        (lambda team, one: one, "into itself"),
        (lambda team, one: team.resolve(team.incident("Over")), "That incident is resolved"),
        (lambda team, one: merge_away(team), "was merged into another one itself"),
    ],
)
def test_what_cannot_be_merged_into_is_refused(team: Team, prepare, fault: str):
    duplicate = team.incident("Slow")
    into = prepare(team, duplicate)

    with pytest.raises(Invalid, match=fault):
        merge(team, duplicate, into)

    assert get_incident(team.actor(), duplicate.id).row.resolved_at is None


def merge_away(team: Team) -> Incident:
    merged = team.incident("Merged")
    merge(team, merged, team.incident("Goes on"))
    return merged


def test_what_is_over_is_not_merged_any_more(team: Team):
    target, over = team.incident("Errors"), team.resolve(team.incident("Slow"))

    with pytest.raises(Invalid, match="over already"):
        merge(team, over, target)


@pytest.mark.parametrize("which", ["missing", "deleted", "draft", "foreign"])
def test_what_is_not_there_is_neither_merged_nor_goes_on(world: World, team: Team, which: str):
    duplicate, deleted = team.incident("Slow"), team.incident("Gone")
    team.delete(deleted)
    ids = {
        "missing": uuid4(),
        "deleted": deleted.id,
        "draft": save_draft(DraftContent("Draft"), by=team.actor()).id,
        "foreign": world.team("Contoso", "contoso").incident("Theirs").id,
    }

    with pytest.raises(NotFound):
        merge_incident(ids[which], duplicate.id, by=team.actor())
    with pytest.raises(Invalid, match="deleted meanwhile"):
        merge_incident(duplicate.id, ids[which], by=team.actor())


def test_what_was_merged_away_takes_no_more_messages(team: Team):
    merged = merge_away(team)

    with pytest.raises(InvalidTransition, match="Say it there"):
        post_update(merged.id, NewUpdate(Stage.RESOLVED, "Still here."), by=team.actor())


def test_subscribers_are_told_only_if_somebody_asks_for_it(team: Team):
    api = team.service("API")
    target = team.incident("Errors", affects={api: "major_outage"})
    first, second = team.incident("One"), team.incident("Two")

    merge(team, first, target)
    merge(team, second, target, notify=True)

    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(Event).where(Event.kind == "incident.merged").order_by(Event.revision))
        payloads = [event.payload for event in rows]
    assert [payload["notify"] for payload in payloads] == [False, True]
    assert payloads[1] == {
        "incident_id": str(second.id),
        "into_id": str(target.id),
        "notify": True,
        "service_ids": [str(api.id)],
    }


def test_two_who_merge_the_same_ones_the_other_way_round_do_not_block_each_other(app: Flask, team: Team):
    one, two = team.incident("One"), team.incident("Two")
    refused: list[Invalid] = []

    def attempt(duplicate: Incident, into: Incident) -> None:
        try:
            merge(team, duplicate, into)
        except Invalid as refusal:
            refused.append(refusal)

    run_together(app, [lambda: attempt(one, two), lambda: attempt(two, one)])

    assert len(refused) == 1
    assert len(list_incidents(team.actor()).open) == 1
