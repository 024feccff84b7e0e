"""Postmortems: drafted, published, edited, withdrawn, by several people at once."""

from functools import partial

import pytest
from sqlalchemy import select

from app.database.actor import Actor
from app.database.audit import AuditEntry
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, InvalidTransition, NotFound
from app.incidents.models import Incident
from app.incidents.postmortems.actions import NewPostmortem, discard_draft, withdraw_postmortem, write_postmortem
from app.incidents.postmortems.models import Postmortem
from app.incidents.postmortems.queries import PostmortemPage, find_postmortem, get_postmortem_page
from tests.builders import Team
from tests.together import run_together


@pytest.fixture
def incident(team: Team) -> Incident:
    return team.incident("Errors", stage="resolved")


def page(team: Team, incident: Incident) -> PostmortemPage:
    return get_postmortem_page(team.actor(), incident.id)


def seen_by_visitors(team: Team, incident: Incident) -> str | None:
    with organization_scope(Actor.visitor(team.id), read_only=True) as scope:
        found = find_postmortem(scope, incident.id)
        return found.message if found else None


def events(team: Team) -> list[tuple[str, dict[str, object], bool]]:
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(
            select(Event).where(Event.kind.like("incident.postmortem%")).order_by(Event.created_at)
        )
        return [(row.kind, row.payload, row.visible) for row in rows]


def test_visitors_read_what_is_published_and_nothing_else(team: Team, incident: Incident):
    team.postmortem(incident, "A disk was full.", published=False)
    drafted = seen_by_visitors(team, incident)
    team.postmortem(incident, "A disk was full.", published=True)
    published = seen_by_visitors(team, incident)
    withdraw_postmortem(incident.id, by=team.actor())

    assert (drafted, published, seen_by_visitors(team, incident)) == (None, "A disk was full.", None)


def test_publishing_is_told_once_with_the_wish_to_tell_subscribers(team: Team, incident: Incident):
    team.postmortem(incident, published=False)
    team.postmortem(incident, published=True, notify=True)
    team.postmortem(incident, published=True, notify=True)

    incident_id = str(incident.id)
    assert events(team) == [
        ("incident.postmortem_drafted", {"incident_id": incident_id}, False),
        ("incident.postmortem_published", {"incident_id": incident_id, "notify": True}, True),
    ]


def test_what_is_changed_after_publishing_is_marked_and_kept(team: Team, incident: Incident):
    team.postmortem(incident, "A disc was full.")
    unmarked = page(team, incident).postmortem
    team.postmortem(incident, "A disk was full.")

    edited = page(team, incident)
    assert unmarked is not None
    assert unmarked.edited_at is None
    assert edited.postmortem is not None
    assert edited.postmortem.edited_at is not None
    assert [(edit.before, edit.after) for edit in edited.edits] == [("A disc was full.", "A disk was full.")]
    assert events(team)[-1][0] == "incident.postmortem_edited"


def test_what_is_changed_in_a_draft_concerns_nobody(team: Team, incident: Incident):
    team.postmortem(incident, "A disc.", published=False)
    team.postmortem(incident, "A disk.", published=False)

    drafted = page(team, incident)
    assert drafted.postmortem is not None
    assert drafted.postmortem.edited_at is None
    assert drafted.edits == ()


def test_a_text_that_was_public_counts_as_edited_although_it_was_withdrawn(team: Team, incident: Incident):
    team.postmortem(incident, "Their fault.")
    withdraw_postmortem(incident.id, by=team.actor())
    team.postmortem(incident, "Our fault.")

    again = page(team, incident)
    assert again.postmortem is not None
    assert again.postmortem.edited_at is not None
    assert [edit.before for edit in again.edits] == ["Their fault."]
    assert seen_by_visitors(team, incident) == "Our fault."


def test_withdrawing_twice_is_once(team: Team, incident: Incident):
    team.postmortem(incident)

    withdraw_postmortem(incident.id, by=team.actor())
    withdraw_postmortem(incident.id, by=team.actor())

    assert [kind for kind, _, _ in events(team)].count("incident.postmortem_withdrawn") == 1


def test_there_is_nothing_to_withdraw_where_nothing_was_written(team: Team, incident: Incident):
    with pytest.raises(NotFound):
        withdraw_postmortem(incident.id, by=team.actor())


def test_a_draft_that_nobody_outside_has_read_can_be_thrown_away(team: Team, incident: Incident):
    team.postmortem(incident, published=False)

    discard_draft(incident.id, by=team.actor())
    discard_draft(incident.id, by=team.actor())

    assert page(team, incident).postmortem is None
    assert [kind for kind, _, _ in events(team)].count("incident.postmortem_discarded") == 1


def test_what_visitors_have_read_is_kept(team: Team, incident: Incident):
    team.postmortem(incident)
    withdraw_postmortem(incident.id, by=team.actor())

    with pytest.raises(InvalidTransition, match="Withdraw it to take it off"):
        discard_draft(incident.id, by=team.actor())

    assert page(team, incident).postmortem is not None


def test_it_is_too_early_while_the_incident_is_open(team: Team):
    with pytest.raises(InvalidTransition, match="not resolved yet"):
        team.postmortem(team.incident())


def test_a_deleted_incident_has_none(team: Team, incident: Incident):
    team.postmortem(incident)
    team.delete(incident)

    with pytest.raises(NotFound):
        page(team, incident)
    with pytest.raises(NotFound):
        team.postmortem(incident, "More.")


@pytest.mark.parametrize(("message", "fault"), [(" ", "Say what happened"), ("x" * 20_001, "at most 20,000")])
def test_the_text_has_limits(team: Team, incident: Incident, message, fault):
    with pytest.raises(Invalid, match=fault):
        team.postmortem(incident, message)


def test_markdown_is_made_harmless_when_it_is_written(team: Team, incident: Incident):
    kept = team.postmortem(incident, '<script>alert(1)</script> **bold** <b hx-get="/x">x</b> [x](javascript:alert(1))')

    assert "<script" not in kept.html
    assert "<b " not in kept.html
    assert "<a" not in kept.html
    assert "<strong>bold</strong>" in kept.html


def test_the_second_of_two_writers_is_told(team: Team, incident: Incident):
    write(team, incident, "Theirs.", 0)

    with pytest.raises(Conflict, match="Mara Lind has written here while you were writing"):
        write(team, incident, "Mine.", 0)

    assert page(team, incident).postmortem.message == "Theirs."


def test_a_form_that_is_sent_twice_writes_once(team: Team, incident: Incident):
    write(team, incident, "A disk.", 0)
    write(team, incident, "A disk.", 0)

    assert page(team, incident).postmortem.version == 1


def test_of_many_writers_at_once_none_is_lost_unawares(team: Team, incident: Incident):
    told: list[Conflict] = []

    def write_or_be_told(number: int) -> None:
        try:
            write(team, incident, f"Text {number}", 0)
        except Conflict as conflict:
            told.append(conflict)

    run_together(team.world.app, [partial(write_or_be_told, number) for number in range(8)])

    assert len(told) == 7
    assert page(team, incident).postmortem.version == 1


def test_each_step_is_in_the_audit_log(team: Team, incident: Incident):
    kept = team.postmortem(incident, published=False)
    team.postmortem(incident, notify=True)
    withdraw_postmortem(incident.id, by=team.actor())

    with organization_scope(team.actor()) as scope:
        entries = scope.session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == kept.id).order_by(AuditEntry.at)
        ).all()
    assert [entry.action.removeprefix("incident.postmortem_") for entry in entries] == [
        "drafted",
        "published",
        "withdrawn",
    ]
    assert entries[1].changes["notify"] == [None, True]


def write(team: Team, incident: Incident, message: str, seen_version: int) -> Postmortem:
    return write_postmortem(incident.id, NewPostmortem(message, seen_version=seen_version), by=team.actor())
