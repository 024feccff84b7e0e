"""Incidents as a whole: the list, reporting, correcting and deleting one."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import travel

from app import clock
from app.database.scope import organization_scope
from app.incidents import queries
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.queries import get_incident, list_incidents
from app.services.models import Service
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.together import run_together

REPORT = {"title": "Errors", "stage": "investigating", "impact": "major", "message": "We look into it.", "notify": "y"}


def report(browser: HttpBrowser, home: str, fields: Mapping[str, str] | None = None, **options):
    return browser.submit(f"{home}/incidents", {**REPORT, "form_id": str(uuid4()), **(fields or {})}, **options)


def titles(team: Team) -> list[str]:
    listed = list_incidents(team.actor())
    return [incident.title for incident in (*listed.open, *listed.past)]


def test_a_reported_incident_has_its_own_page_and_its_services_follow(team: Team, editor: HttpBrowser, home: str):
    api, web = team.service("API"), team.service("Web")

    answer = report(editor, home, {f"affected-{api.id}": "suggested", f"affected-{web.id}": "degraded_performance"})

    incident = list_incidents(team.actor()).open[0]
    assert (answer.status_code, answer.location) == (303, f"{home}/incidents/{incident.id}")
    assert (team.status_of(api), team.status_of(web)) == ("partial_outage", "degraded_performance")
    page = read(editor.get(answer.location).text)
    assert page.one(id="said").text == "The incident is on your page."
    assert page.one("h1").text == "Errors"


def test_htmx_is_sent_to_the_new_incident(team: Team, editor: HttpBrowser, home: str):
    answer = report(editor, home, headers={"HX-Request": "true"})

    incident = list_incidents(team.actor()).open[0]
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{home}/incidents/{incident.id}")


def test_a_service_that_is_only_chosen_to_be_added_is_added(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")

    report(editor, home, {"add": str(api.id)})

    assert team.status_of(api) == "partial_outage"


def test_a_silent_report_tells_nobody(team: Team, editor: HttpBrowser, home: str):
    fields = {name: value for name, value in REPORT.items() if name != "notify"}

    editor.submit(f"{home}/incidents", fields)

    incident = list_incidents(team.actor()).open[0]
    assert [update.notify for update in get_incident(team.actor(), incident.id).updates] == [False]


def test_a_refused_report_loses_nothing_that_was_typed_or_chosen(team: Team, editor: HttpBrowser, home: str):
    api, web = team.service("API"), team.service("Web")
    typed = {"title": "x", "message": "", "impact": "critical", "stage": "identified"}

    answer = report(
        editor, home, {**typed, f"affected-{api.id}": "degraded_performance", f"affected-{web.id}": "suggested"}
    )

    form = read(answer.text).one("form", id="report")
    assert answer.status_code == 422
    assert form.fields() | {"csrf_token": "", "form_id": ""} == {
        "csrf_token": "",
        "form_id": "",
        "started_at": "",
        "follows": "",
        "title": "x",
        "stage": "identified",
        "impact": "critical",
        "next_update": "",
        "next_update_at": "",
        "affected": "yes",
        f"affected-{api.id}": "degraded_performance",
        f"affected-{web.id}": "suggested",
        "message": "",
        "notify": "y",
    }
    notice = form.one("div", class_="notice")
    assert notice.text == "2 things need your attention. What is wrong? , Message"
    assert form.one("input", id="title").attributes["aria-invalid"] == "true"
    assert form.one("textarea").attributes["aria-describedby"] == "message-hint message-error"
    assert form.one(id="message-error").text == "Say what users see and what you are doing."
    assert titles(team) == []


@pytest.mark.parametrize("fields", [{"stage": "on fire"}, {"impact": "huge"}])
def test_a_choice_that_was_never_offered_is_refused(team: Team, editor: HttpBrowser, home: str, fields):
    assert report(editor, home, fields).status_code == 422
    assert titles(team) == []


def test_a_service_that_nobody_has_is_not_there(team: Team, editor: HttpBrowser, home: str):
    for name in (f"affected-{uuid4()}", "affected-x"):
        assert report(editor, home, {name: "major_outage"}).status_code == 404
    assert titles(team) == []


def test_the_draft_suggests_from_the_impact_and_keeps_what_the_editor_chose(team: Team, editor: HttpBrowser, home: str):
    api, web = team.service("API"), team.service("Web")
    fields = {**REPORT, "impact": "critical", f"affected-{api.id}": "suggested", f"affected-{web.id}": "partial_outage"}

    page = read(editor.submit(f"{home}/incidents/draft", fields).text)

    assert page.one(id=f"note-{api.id}").text == "Suggested from the impact."
    assert page.one(id=f"affected-{api.id}").all("option")[1].text == "Major outage (suggested)"
    assert page.one(id=f"affected-{api.id}").value == "suggested"
    assert page.one(id=f"note-{web.id}").text == "Suggested: major outage; you chose otherwise."
    assert page.one(id=f"affected-{web.id}").value == "partial_outage"
    assert titles(team) == []


def test_the_draft_offers_each_service_once(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    web = team.service("Web", team.group("Products"))

    page = read(editor.submit(f"{home}/incidents/draft", {**REPORT, "add": str(api.id)}).text)

    assert page.one("select", id="add").value == ""
    assert [one.attributes["value"] for one in page.one("select", id="add").all("option")] == ["", str(web.id)]
    assert page.one(id=f"affected-{api.id}").value == "suggested"


def test_a_service_set_to_not_affected_leaves_the_draft(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")

    page = read(editor.submit(f"{home}/incidents/draft", {**REPORT, f"affected-{api.id}": ""}).text)

    assert page.all(id=f"affected-{api.id}") == []


def test_the_draft_shows_the_message_as_visitors_will_see_it(editor: HttpBrowser, home: str):
    fields = {**REPORT, "message": "**Some** <script>alert(1)</script>"}

    preview = read(editor.submit(f"{home}/incidents/draft", fields).text).one(id="preview")

    assert preview.one("strong").text == "Some"
    assert preview.all("script") == []


def test_the_draft_counts_who_would_be_told(team: Team, editor: HttpBrowser, home: str):
    api, web = team.service("API"), team.service("Web")
    for chosen in ((), (), (api,), (web,)):
        team.subscriber(chosen=chosen)

    def audience(fields: Mapping[str, str]) -> str:
        page = editor.submit(f"{home}/incidents/draft", {**REPORT, **fields}).text
        return read(page).one(id="audience").text

    assert "2 subscribers by e-mail" in audience({})
    assert "3 subscribers by e-mail" in audience({f"affected-{api.id}": "suggested"})
    assert "4 subscribers by e-mail" in audience({f"affected-{api.id}": "suggested", "add": str(web.id)})


def test_a_double_click_reports_once(team: Team, editor: HttpBrowser, home: str):
    form_id = str(uuid4())

    answers = [report(editor, home, {"form_id": form_id}) for _ in range(2)]

    assert answers[0].location == answers[1].location
    assert titles(team) == ["Errors"]


def test_the_same_form_sent_at_the_same_moment_reports_once(app: Flask, team: Team, home: str):
    fields = {**REPORT, "form_id": str(uuid4())}
    browsers = [team.founder.browser() for _ in range(4)]
    tokens = [browser.csrf_token() for browser in browsers]
    places = []

    def send(number: int) -> Callable[[], None]:
        sent = fields | {"csrf_token": tokens[number]}
        return lambda: places.append(browsers[number].post(f"{home}/incidents", data=sent).location)

    run_together(app, [send(number) for number in range(4)])

    assert len(places) == 4
    assert len(set(places)) == 1
    assert count_updates(team) == 1


def test_going_back_and_changing_what_was_published_is_asked_about(team: Team, editor: HttpBrowser, home: str):
    form_id = str(uuid4())
    report(editor, home, {"form_id": form_id})

    answer = report(editor, home, {"form_id": form_id, "message": "Something else."})

    form = read(answer.text).one("form", id="report")
    assert answer.status_code == 409
    assert "You published this form before" in form.text
    assert form.fields()["message"] == "Something else."
    assert form.fields()["form_id"] != form_id
    assert titles(team) == ["Errors"]


def test_a_new_incident_links_to_the_resolved_one_that_it_follows(team: Team, editor: HttpBrowser, home: str):
    old = team.resolve(team.incident("Errors"))

    form = read(editor.get(f"{home}/incidents/new?follows={old.id}").text).one("form", id="report")
    answer = editor.submit(f"{home}/incidents", {**form.fields(), "message": "They are back."})

    assert form.fields()["title"] == "Errors"
    assert read(editor.get(answer.location).text).all("a", href=f"{home}/incidents/{old.id}")
    assert read(editor.get(f"{home}/incidents/{old.id}").text).all("a", href=answer.location)


def test_an_open_incident_cannot_be_followed(team: Team, editor: HttpBrowser, home: str):
    still_open = team.incident("Errors")

    answer = report(editor, home, {"follows": str(still_open.id)})

    assert answer.status_code == 422
    assert titles(team) == ["Errors"]


def test_the_list_has_open_incidents_first_and_the_others_by_month(team: Team, viewer: HttpBrowser, home: str):
    for title, days_ago in (("Older", 70), ("Newer", 40)):
        with travel(clock.now() - timedelta(days=days_ago), tick=False):
            incident = team.incident(title)
        with travel(clock.now() - timedelta(days=days_ago) + timedelta(hours=2), tick=False):
            team.resolve(incident)
    team.incident("Now")

    main = read(viewer.get(f"{home}/incidents").text).one("main")

    sections = [section.text for section in main.all("section")]
    assert "Open" in sections[0]
    assert "Now" in sections[0]
    assert "Newer" in sections[1]
    assert "2 h" in sections[1]
    assert "Older" in sections[2]
    assert re.match(r"[A-Z][a-z]+ 20\d\d ", sections[1])


def test_a_long_list_goes_on_without_gap_or_repetition(
    team: Team, viewer: HttpBrowser, home: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "PAGE_SIZE", 5)
    with travel(clock.now(), tick=False):
        for number in range(8):
            team.resolve(team.incident(f"Trouble {number:02}"))
    team.incident("Open one")

    first = viewer.get(f"{home}/incidents").text
    link = next(one for one in read(first).all("a") if one.text == "Earlier incidents")
    second = viewer.get(link.attributes["href"]).text

    assert sorted(re.findall(r"Trouble \d\d", first + second)) == [f"Trouble {number:02}" for number in range(8)]
    assert "Open one" not in second
    assert "Earlier incidents" not in second


@pytest.mark.parametrize("cursor", ["x", "x_y", "2026-01-01_nobody", f"yesterday_{UUID(int=1)}"])
def test_a_place_in_the_list_that_is_none_is_not_there(viewer: HttpBrowser, home: str, cursor: str):
    assert viewer.get(f"{home}/incidents", query_string={"after": cursor}).status_code == 404


def test_an_empty_list_says_what_it_is_for(team: Team, viewer: HttpBrowser, editor: HttpBrowser, home: str):
    for browser, links in ((viewer, 0), (editor, 1)):
        empty = read(browser.get(f"{home}/incidents").text).one("div", class_="empty")
        assert empty.text.startswith("No incidents so far")
        assert len(empty.all("a")) == links


def test_title_and_impact_are_corrected_and_nobody_is_told(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Erors", affects={api: "partial_outage"}, impact="minor")

    answer = editor.submit(f"{home}/incidents/{incident.id}/edit", {"title": "Errors", "impact": "critical"})

    row = get_incident(team.actor(), incident.id).row
    assert answer.location == f"{home}/incidents/{incident.id}"
    assert (row.title, row.impact) == ("Errors", "critical")
    assert team.status_of(api) == "partial_outage"
    assert count_updates(team) == 1


@pytest.mark.parametrize("fields", [{"title": "x", "impact": "none"}, {"title": "Errors", "impact": "huge"}])
def test_a_refused_correction_changes_nothing(team: Team, editor: HttpBrowser, home: str, fields):
    incident = team.incident("Slow")

    assert editor.submit(f"{home}/incidents/{incident.id}/edit", fields).status_code == 422
    assert get_incident(team.actor(), incident.id).row.title == "Slow"


def test_deleting_is_asked_for_first_with_what_will_follow(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "major_outage"})

    page = read(editor.get(f"{home}/incidents/{incident.id}/delete").text).one("main")

    assert "Delete Errors ?" in page.text
    assert "API Operational" in page.text
    assert titles(team) == ["Errors"]


def test_a_deleted_incident_is_gone_from_everywhere_and_its_services_show_what_is_left(
    team: Team, editor: HttpBrowser, home: str
):
    api = team.service("API")
    incident = team.incident("A mistake", affects={api: "major_outage"})
    team.incident("Slow", affects={api: "degraded_performance"})

    answer = editor.submit(f"{home}/incidents/{incident.id}/delete")

    assert answer.location == f"{home}/incidents"
    assert titles(team) == ["Slow"]
    assert team.status_of(api) == "degraded_performance"
    assert editor.get(f"{home}/incidents/{incident.id}").status_code == 404
    assert editor.submit(f"{home}/incidents/{incident.id}/delete").status_code == 404
    assert deleted_by(team) == {"A mistake": "Jonas Berg", "Slow": None}


def test_a_viewer_reads_an_incident_without_forms(team: Team, viewer: HttpBrowser, home: str):
    incident = team.incident("Errors", affects={team.service("API"): "partial_outage"})

    for path in (f"{home}/incidents", f"{home}/incidents/{incident.id}"):
        main = read(viewer.get(path).text).one("main")

        assert {button.text for button in main.all("button")} <= {"Menu", "Search"}
        assert [form.attributes["role"] for form in main.all("form")] in ([], ["search"])
        assert "Errors" in main.text


def count_updates(team: Team) -> int:
    with organization_scope(team.actor()) as scope:
        return scope.session.scalar(select(func.count()).select_from(IncidentUpdate)) or 0


def deleted_by(team: Team) -> dict[str, str | None]:
    with organization_scope(team.actor()) as scope:
        return dict(scope.session.execute(select(Incident.title, Incident.deleted_by_name)).all())


def test_an_archived_service_is_not_offered(team: Team, editor: HttpBrowser, home: str):
    archived = team.service("Old")
    editor.submit(f"{home}/services/{archived.id}/archive")

    page = read(editor.get(f"{home}/incidents/new").text)

    assert page.all("select", id="add") == []
    assert stands(team, archived)


def stands(team: Team, service: Service) -> bool:
    with organization_scope(team.actor()) as scope:
        return scope.get(Service, service.id).archived_at is not None
