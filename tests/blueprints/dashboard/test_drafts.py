"""Drafts on the dashboard."""

from datetime import timedelta

import pytest
from time_machine import travel

from app import clock
from app.incidents.drafts.actions import DraftContent, edit_draft, save_draft
from app.incidents.drafts.queries import get_draft, list_drafts
from app.incidents.models import IncidentDraft
from app.incidents.queries import get_incident, list_incidents
from app.services.rules import ServiceStatus
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

FIELDS = {
    "title": "Errors", "message": "We *look*.", "stage": "investigating", "impact": "major", "notify": "y",
    "affected": "yes",
}  # fmt: skip


@pytest.fixture
def draft(team: Team) -> IncidentDraft:
    return save_draft(DraftContent("Errors", "We look."), by=team.actor())


def fields_of(browser: HttpBrowser, path: str) -> dict[str, str]:
    return read(browser.get(path).text).one("form", id="report").fields()


def test_the_form_is_kept_for_later_with_what_follows_the_suggestion_and_what_does_not(
    team: Team, editor: HttpBrowser, home: str
):
    api, web = team.service("API"), team.service("Web")

    fields = {**FIELDS, f"affected-{api.id}": "suggested", f"affected-{web.id}": "degraded_performance"}
    answer = editor.submit(f"{home}/incidents/drafts", fields)

    kept = list_drafts(team.actor())[0]
    assert answer.location == f"{home}/incidents/drafts/{kept.id}"
    assert kept.affected == {api.id: None, web.id: ServiceStatus.DEGRADED_PERFORMANCE}
    form = fields_of(editor, answer.location)
    assert {name: form.get(name) for name in FIELDS} == FIELDS
    assert (form[f"affected-{api.id}"], form[f"affected-{web.id}"]) == ("suggested", "degraded_performance")


@pytest.mark.parametrize("promise", [{"next_update": "30"}, {"next_update_at": "2030-05-05T12:30"}, {}])
def test_a_draft_keeps_when_it_began_and_what_it_promises(
    team: Team, editor: HttpBrowser, home: str, promise: dict[str, str]
):
    times = {"started_at": "2026-10-25T02:30", "next_update": "", "next_update_at": "", **promise}

    saved = editor.submit(f"{home}/incidents/drafts", FIELDS | times)
    form = fields_of(editor, saved.location)
    editor.submit(saved.location, form | {"title": "Errors again"})

    assert {name: form.get(name, "") for name in times} == times
    again = fields_of(editor, saved.location)
    assert {name: again.get(name, "") for name in times} == times


def test_a_promise_of_a_draft_counts_from_its_publication(team: Team, editor: HttpBrowser, home: str):
    saved = editor.submit(f"{home}/incidents/drafts", FIELDS | {"next_update": "30"})

    with travel(clock.now() + timedelta(hours=3), tick=False):
        editor.submit(f"{saved.location}/publish", fields_of(editor, saved.location))

        (published,) = list_incidents(team.actor()).open
        assert get_incident(team.actor(), published.id).row.next_update_at == clock.now() + timedelta(minutes=30)


@pytest.mark.parametrize("field", ["started_at", "next_update_at"])
def test_a_draft_with_a_time_that_is_none_is_refused_beside_the_field(editor: HttpBrowser, home: str, field: str):
    answer = editor.submit(f"{home}/incidents/drafts", FIELDS | {field: "soon"})

    page = read(answer.text)
    assert (answer.status_code, page.one("input", id="title").value) == (422, "Errors")
    assert page.one(id=f"{field}-error").text


def test_a_draft_is_in_the_list_for_members_and_nowhere_for_visitors(
    team: Team, draft: IncidentDraft, viewer: HttpBrowser, client: HttpBrowser, home: str
):
    listed = read(viewer.get(f"{home}/incidents").text)
    theirs = client.get(f"/{team.slug}/incidents/{draft.id}")
    missing = client.get(f"/{team.slug}/incidents/{team.id}")

    assert listed.all("a", href=f"{home}/incidents/drafts/{draft.id}")
    assert "Errors" not in client.get(f"/{team.slug}").text
    assert "Errors" not in client.get(f"/api/{team.slug}/status").text
    assert (theirs.status_code, theirs.data) == (404, missing.data)


def test_a_viewer_reads_a_draft_and_has_no_form(draft: IncidentDraft, viewer: HttpBrowser, home: str):
    page = read(viewer.get(f"{home}/incidents/drafts/{draft.id}").text)

    assert "We look." in page.text
    assert not page.all("form", id="report")


def test_a_draft_is_published_from_its_form(team: Team, draft: IncidentDraft, editor: HttpBrowser, home: str):
    path = f"{home}/incidents/drafts/{draft.id}"

    answer = editor.submit(f"{path}/publish", fields_of(editor, path) | {"message": "It is bad."})

    assert answer.location == f"{home}/incidents/{draft.id}"
    assert get_incident(team.actor(), draft.id).updates[0].message == "It is bad."
    assert list_drafts(team.actor()) == ()


def test_an_unfinished_draft_is_not_published(team: Team, editor: HttpBrowser, home: str):
    draft = save_draft(DraftContent("Errors"), by=team.actor())
    path = f"{home}/incidents/drafts/{draft.id}"

    answer = editor.submit(f"{path}/publish", fields_of(editor, path))

    assert answer.status_code == 422
    assert read(answer.text).one(id="message-error").text == "Say what users see and what you are doing."
    assert list_incidents(team.actor()).open == ()


@pytest.mark.parametrize("way", ["", "/publish"])
def test_who_was_overtaken_is_told_and_then_decides(
    team: Team, draft: IncidentDraft, editor: HttpBrowser, home: str, way: str
):
    path = f"{home}/incidents/drafts/{draft.id}"
    mine = fields_of(editor, path) | {"message": "Mine."}
    edit_draft(draft.id, DraftContent("Errors", "Theirs."), by=team.actor())

    refused = editor.submit(f"{path}{way}", mine)
    page = read(refused.text)
    kept = page.one("form", id="report").fields()
    sent = editor.submit(f"{path}{way}", kept)

    assert refused.status_code == 409
    assert "Mara Lind changed this draft while you were writing" in page.text
    assert kept["message"] == "Mine."
    assert sent.status_code == 303


def test_a_draft_is_saved_again_and_discarded(team: Team, draft: IncidentDraft, editor: HttpBrowser, home: str):
    path = f"{home}/incidents/drafts/{draft.id}"

    editor.submit(path, fields_of(editor, path) | {"title": "Slow"})
    saved = get_draft(team.actor(), draft.id)
    answer = editor.submit(f"{path}/discard")

    assert saved.title == "Slow"
    assert answer.location == f"{home}/incidents"
    assert editor.get(path).status_code == 404


def test_the_form_of_a_draft_is_drawn_anew_without_being_saved(
    team: Team, draft: IncidentDraft, editor: HttpBrowser, home: str
):
    path = f"{home}/incidents/drafts/{draft.id}"

    page = read(editor.submit(f"{path}/draft", fields_of(editor, path) | {"message": "*New*"}).text)

    assert page.one(id="preview").one("em").text == "New"
    assert page.one("form", id="report").attributes["action"] == f"{path}/publish"
    assert get_draft(team.actor(), draft.id).message == "We look."
