"""Who handles an incident, what it is a duplicate of, and what its texts said before, on the dashboard."""

from uuid import uuid4

import pytest

from app.incidents import rules
from app.incidents.actions import edit_incident, edit_update
from app.incidents.merging import merge_incident
from app.incidents.models import Incident
from app.incidents.queries import IncidentDetail, get_incident
from app.incidents.rules import Impact
from app.organizations.rules import Role
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team


def detail(team: Team, incident: Incident) -> IncidentDetail:
    return get_incident(team.actor(), incident.id)


def about(browser: HttpBrowser, path: str) -> Element:
    return read(browser.get(path).text).one(id="about")


def test_somebody_takes_an_incident_and_gives_it_up_again(team: Team, editor: HttpBrowser, viewer: HttpBrowser, home):
    incident = team.incident()
    path = f"{home}/incidents/{incident.id}"
    jonas = team.member(Role.EDITOR)

    nobody = about(editor, path).text
    editor.submit(f"{path}/handler", {"handler": str(jonas.user_id)})
    mine, theirs = about(editor, path).text, about(viewer, path)
    editor.submit(f"{path}/handler", {"handler": ""})

    assert "Nobody yet" in nobody
    assert "Jonas Berg , which is you" in mine
    assert "Jonas Berg" in theirs.text
    assert not theirs.all("button")
    assert detail(team, incident).handler is None


def test_visitors_do_not_learn_who_handles_it(team: Team, editor: HttpBrowser, client: HttpBrowser, home: str):
    incident, jonas = team.incident(), team.member(Role.EDITOR)

    editor.submit(f"{home}/incidents/{incident.id}/handler", {"handler": str(jonas.user_id)})

    assert "Jonas" not in client.get(f"/{team.slug}/incidents/{incident.id}").text


def test_an_incident_is_not_handed_to_a_viewer_or_to_nonsense(team: Team, editor: HttpBrowser, home: str):
    incident, vera = team.incident(), team.member(Role.VIEWER)
    path = f"{home}/incidents/{incident.id}"

    refused = editor.submit(f"{path}/handler", {"handler": str(vera.user_id)}, follow_redirects=True)

    assert "Choose an editor or an admin" in refused.text
    assert editor.submit(f"{path}/handler", {"handler": "x"}).status_code == 404
    editor.submit(f"{path}/handler", {"handler": str(uuid4())})
    assert detail(team, incident).handler is None


def test_a_duplicate_is_merged_and_both_lead_to_each_other(
    team: Team, editor: HttpBrowser, client: HttpBrowser, home: str
):
    target, duplicate = team.incident("Errors"), team.incident("Slow")
    path = f"{home}/incidents/{duplicate.id}"

    offered = read(editor.get(f"{path}/merge").text).one("select", id="into").text
    answer = editor.submit(f"{path}/merge", {"into": str(target.id)})

    assert offered == "Choose … Errors"
    assert answer.location == f"{home}/incidents/{target.id}"
    assert about(editor, answer.location).all("a", href=path)
    assert read(editor.get(path).text).all("a", href=f"{home}/incidents/{target.id}")
    public = read(client.get(f"/{team.slug}/incidents/{duplicate.id}").text)
    assert "All news is there" in public.text
    assert public.all("a", href=f"/{team.slug}/incidents/{target.id}")
    assert "We are looking into it." in public.text
    assert client.get(f"/{team.slug}").text.count("Slow") == 0


@pytest.mark.parametrize("into", ["", "x"])
def test_a_merger_needs_to_be_chosen(team: Team, editor: HttpBrowser, home: str, into: str):
    team.incident("Errors")
    duplicate = team.incident("Slow")

    answer = editor.submit(f"{home}/incidents/{duplicate.id}/merge", {"into": into})

    assert answer.status_code == 422
    assert read(answer.text).one(id="into-error").text == "Choose the incident that goes on."


def test_what_was_resolved_meanwhile_is_refused_beside_the_field(team: Team, editor: HttpBrowser, home: str):
    target, duplicate = team.incident("Errors"), team.incident("Slow")
    team.incident("Other")
    team.resolve(target)

    answer = editor.submit(f"{home}/incidents/{duplicate.id}/merge", {"into": str(target.id)})

    assert answer.status_code == 422
    assert "That incident is resolved" in read(answer.text).one(id="into-error").text


def test_alone_there_is_nothing_to_merge_into(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident()

    page = editor.get(f"{home}/incidents/{incident.id}/merge").text

    assert "No other incident is open." in page


def test_nothing_is_said_any_more_about_what_was_merged(team: Team, editor: HttpBrowser, home: str):
    target, duplicate = team.incident("Errors"), team.incident("Slow")
    merge_incident(duplicate.id, target.id, by=team.actor())
    path = f"{home}/incidents/{duplicate.id}"

    page = read(editor.get(path).text)
    answer = editor.submit(f"{path}/updates", {"stage": "identified", "impact": "minor", "message": "Mine."})

    assert not page.all("form", id="update")
    assert answer.status_code == 409
    assert "Say it there" in answer.text


def test_members_read_what_texts_said_before_and_visitors_only_that_they_were_edited(
    team: Team, viewer: HttpBrowser, client: HttpBrowser, home: str
):
    incident = team.incident("Eror in search", message="We loking.")
    update = detail(team, incident).updates[0]
    edit_incident(incident.id, "Error in search", Impact.MINOR, by=team.actor())
    edit_update(incident.id, update.id, "We look <b>.", by=team.actor())

    page = read(viewer.get(f"{home}/incidents/{incident.id}/edits").text)
    public = client.get(f"/{team.slug}/incidents/{incident.id}").text

    assert [gone.text for gone in page.all("del")] == ["Eror", "loking"]
    assert [new.text for new in page.all("ins")] == ["Error", "look <b>"]
    assert page.text.count("by Mara Lind") == 2
    assert public.count("dited ") >= 2
    assert "Eror" not in public
    assert "loking" not in public


def test_what_was_never_edited_says_so(team: Team, viewer: HttpBrowser, home: str):
    page = viewer.get(f"{home}/incidents/{team.incident().id}/edits").text

    assert "Nothing was edited" in page


@pytest.mark.parametrize("what", ["title", "message"])
def test_who_edits_what_somebody_has_just_edited_is_told_and_decides(
    team: Team, editor: HttpBrowser, home: str, what: str
):
    incident = team.incident("Errors")
    update = detail(team, incident).updates[0]
    path = f"{home}/incidents/{incident.id}" + ("/edit" if what == "title" else f"/updates/{update.id}/edit")
    mine = form_of(editor.get(path).text, what) | {what: "Mine"}
    edit_incident(incident.id, "Theirs", Impact.MINOR, by=team.actor())
    edit_update(incident.id, update.id, "Theirs", by=team.actor())

    refused = editor.submit(path, mine)
    kept = form_of(refused.text, what)
    saved = editor.submit(path, kept)

    assert refused.status_code == 409
    assert "Mara Lind edited" in read(refused.text).one("div", role="alert").text
    assert "It now reads" in refused.text
    assert "Theirs" in refused.text
    assert kept[what] == "Mine"
    assert saved.status_code == 303


def form_of(html: str, field: str) -> dict[str, str]:
    return next(form.fields() for form in read(html).all("form") if field in form.fields())


def test_a_status_that_was_chosen_otherwise_is_kept_whatever_the_impact_becomes(
    team: Team, editor: HttpBrowser, home: str
):
    """The choice is in what the incident asks: the form of its next message begins with it."""
    api = team.service("API")
    incident = team.incident(affects={api: "degraded_performance"}, impact="critical")
    path = f"{home}/incidents/{incident.id}"
    fields = read(editor.get(path).text).one("form", id="update").fields()

    drawn = read(editor.submit(f"{path}/draft", fields | {"impact": "major"}).text)
    editor.submit(f"{path}/updates", fields | {"impact": "major", "message": "News."})

    assert drawn.one("select", id=f"affected-{api.id}").value == "degraded_performance"
    assert "you chose otherwise" in drawn.one(id="affected").text
    assert [service.asked for service in detail(team, incident).row.affected] == ["degraded_performance"]


def test_one_open_incident_too_many_is_refused_with_what_to_do(
    team: Team, editor: HttpBrowser, home: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rules, "MOST_OPEN", 1)
    team.incident()
    fields = {"title": "Errors", "message": "We look.", "stage": "investigating", "impact": "minor"}

    answer = editor.submit(f"{home}/incidents", fields)

    assert answer.status_code == 422
    assert "Resolve those that are over first." in read(answer.text).one("div", role="alert").text


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("🔥 Errors 🔥", "🔥 Errors 🔥"),
        ("أخطاء في البحث", "أخطاء في البحث"),
        ("Er\x00ro\x1brs\u202e", "Errors"),
    ],
)
def test_titles_of_all_kinds_are_kept_as_far_as_they_are_harmless(
    team: Team, editor: HttpBrowser, client: HttpBrowser, home: str, title: str, shown: str
):
    incident = team.incident()

    editor.submit(f"{home}/incidents/{incident.id}/edit", {"title": title, "impact": "minor"})

    assert detail(team, incident).row.title == shown
    assert read(client.get(f"/{team.slug}/incidents/{incident.id}").text).one("h1").text == shown


@pytest.mark.parametrize(
    ("message", "status"),
    [("x" * 10_000, 303), ("x" * 10_001, 422), ("> " * 100 + "deep", 303), ("[x](javascript:alert(1))", 303)],
)
def test_messages_of_all_kinds_can_be_edited_in_and_do_no_harm(
    team: Team, editor: HttpBrowser, home: str, message: str, status: int
):
    incident = team.incident()
    update = detail(team, incident).updates[0]
    path = f"{home}/incidents/{incident.id}/updates/{update.id}/edit"

    answer = editor.submit(path, {"message": message})

    html = editor.get(f"{home}/incidents/{incident.id}").text
    assert answer.status_code == status
    assert 'href="javascript:' not in html
    assert editor.get(f"{home}/incidents/{incident.id}/edits").status_code == 200
