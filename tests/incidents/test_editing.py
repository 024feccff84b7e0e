"""Edited texts, and several people at one incident at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.database.outbox import Event
from app.database.scope import organization_scope
from app.edits.queries import EditRow
from app.errors import Conflict, Invalid
from app.incidents import rules
from app.incidents.actions import NewIncident, NewUpdate, edit_incident, edit_update, post_update, report_incident
from app.incidents.backdating import move_start
from app.incidents.merging import merge_incident
from app.incidents.models import Incident
from app.incidents.queries import get_incident
from app.incidents.relations import read_text_edits
from app.incidents.rules import Impact, Stage
from app.pages.details import get_incident as get_public_incident
from app.pages.finding import get_page
from tests.builders import Team

AT_ONCE = 50


def version(team: Team, incident: Incident) -> int:
    return get_incident(team.actor(), incident.id).version


def edits(team: Team, incident: Incident) -> tuple[EditRow, ...]:
    return read_text_edits(team.actor(), incident.id)


def test_the_texts_that_were_replaced_are_kept_for_members_with_who_did_it(team: Team):
    incident = team.incident("Eror", message="We loking.")
    update = get_incident(team.actor(), incident.id).updates[0]

    edit_incident(incident.id, "Error", Impact.MINOR, by=team.actor())
    edit_update(incident.id, update.id, "We are looking.", by=team.actor())

    assert [(one.subject_id, one.before, one.after, one.edited_by) for one in edits(team, incident)] == [
        (update.id, "We loking.", "We are looking.", "Mara Lind"),
        (incident.id, "Eror", "Error", "Mara Lind"),
    ]


def test_visitors_see_that_texts_were_edited_and_when_but_not_what_they_were(team: Team):
    incident = team.incident("Eror")
    update = get_incident(team.actor(), incident.id).updates[0]

    edit_incident(incident.id, "Error", Impact.MINOR, by=team.actor())
    edit_update(incident.id, update.id, "Mended.", by=team.actor())

    shown = get_public_incident(get_page(team.slug), incident.id)
    assert shown.title_edited_at is not None
    assert shown.updates[0].edited_at is not None


def test_another_impact_is_no_other_text(team: Team):
    incident = team.incident("Error")

    edit_incident(incident.id, "Error", Impact.CRITICAL, by=team.actor())

    assert edits(team, incident) == ()
    assert get_incident(team.actor(), incident.id).title_edited_at is None


def test_title_and_impact_saved_as_they_were_are_no_news(team: Team):
    incident = team.incident("Error", impact="minor")

    edit_incident(incident.id, "Error", Impact.MINOR, by=team.actor())

    assert version(team, incident) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda team, one: team.update(one), "posted an update"),
        (lambda team, one: edit_incident(one.id, "Other", Impact.NONE, by=team.actor()), "edited title or impact"),
        (lambda team, one: mend_message(team, one), "edited a message"),
        (lambda team, one: begin_earlier(team, one), "changed when it began"),
        (lambda team, one: merge_another(team, one), "merged another incident into it"),
    ],
)
def test_whoever_was_overtaken_is_told_by_whom_and_how(team: Team, change, words: str):
    incident = team.incident("Error")
    seen = version(team, incident)
    change(team, incident)

    with pytest.raises(Conflict) as by_update:
        team.update(incident, seen_version=seen)
    with pytest.raises(Conflict) as by_edit:
        edit_incident(incident.id, "Mine", Impact.MAJOR, seen_version=seen, by=team.actor())

    assert by_update.value.title == by_edit.value.title == f"Mara Lind {words} while you were writing"


def mend_message(team: Team, incident: Incident) -> None:
    update = get_incident(team.actor(), incident.id).updates[-1]
    edit_update(incident.id, update.id, f"Mended {uuid4()}.", by=team.actor())


def begin_earlier(team: Team, incident: Incident) -> None:
    move_start(incident.id, incident.started_at - timedelta(minutes=5), by=team.actor())


def merge_another(team: Team, incident: Incident) -> None:
    merge_incident(team.incident("Same").id, incident.id, by=team.actor())


def test_of_two_who_edit_one_message_the_second_is_told(team: Team):
    incident = team.incident()
    update = get_incident(team.actor(), incident.id).updates[0]
    edit_update(incident.id, update.id, "First.", seen_version=update.version, by=team.actor())

    with pytest.raises(Conflict, match="Your text is kept"):
        edit_update(incident.id, update.id, "Second.", seen_version=update.version, by=team.actor())

    assert get_incident(team.actor(), incident.id).updates[0].message == "First."


def test_who_edits_a_message_is_not_held_up_by_what_happens_elsewhere_in_the_incident(team: Team):
    incident = team.incident()
    update = get_incident(team.actor(), incident.id).updates[0]
    team.update(incident)

    edit_update(incident.id, update.id, "Mended.", seen_version=update.version, by=team.actor())

    assert get_incident(team.actor(), incident.id).updates[1].message == "Mended."


def test_of_fifty_edits_at_once_none_is_lost(app: Flask, team: Team):
    """Each is either there, or whoever made it was told and sent it again."""
    incident = team.incident("Error", message="Number none.")
    first = get_incident(team.actor(), incident.id).updates[0]

    def act(number: int) -> None:
        with app.app_context():
            for _ in range(AT_ONCE):
                try:
                    write(number)
                except Conflict:
                    continue
                return
            raise AssertionError(number)

    def write(number: int) -> None:
        seen = get_incident(team.actor(), incident.id)
        match number % 3:
            case 0:
                new = NewUpdate(Stage.INVESTIGATING, f"Number {number}.", seen_version=seen.version, form_id=uuid4())
                post_update(incident.id, new, by=team.actor())
            case 1:
                edit_incident(incident.id, f"Number {number}", Impact.MINOR, seen_version=seen.version, by=team.actor())
            case 2:
                mine = seen.updates[-1]
                edit_update(incident.id, first.id, f"Number {number}.", seen_version=mine.version, by=team.actor())

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(act, range(AT_ONCE)))

    posted = {update.message for update in get_incident(team.actor(), incident.id).updates[:-1]}
    written = {one.after for one in edits(team, incident)}
    assert posted == {f"Number {number}." for number in range(0, AT_ONCE, 3)}
    assert {f"Number {number}" for number in range(1, AT_ONCE, 3)} <= written
    assert {f"Number {number}." for number in range(2, AT_ONCE, 3)} <= written
    with organization_scope(team.actor()) as scope:
        events = scope.session.scalars(select(Event.kind).where(Event.kind.like("incident.%"))).all()
    assert len(events) == 1 + AT_ONCE
    assert version(team, incident) == 1 + AT_ONCE


def test_there_are_only_so_many_open_incidents(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "MOST_OPEN", 1)
    first = team.incident()

    with pytest.raises(Invalid, match="Resolve those that are over first"):
        report_incident(NewIncident("Another", "One more."), by=team.actor())

    team.resolve(first)
    report_incident(NewIncident("Another", "One more."), by=team.actor())


def test_an_incident_has_only_so_many_messages_and_can_always_be_resolved(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "MOST_UPDATES", 2)
    incident = team.incident()
    team.update(incident)

    with pytest.raises(Invalid) as refusal:
        team.update(incident)
    team.resolve(incident)

    assert refusal.value.faults["message"].endswith("Resolve it, and report one that follows it.")
