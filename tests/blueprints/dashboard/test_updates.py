"""An incident's page: its timeline, and the next message."""

from uuid import uuid4

import pytest

from app.incidents.models import Incident
from app.incidents.queries import IncidentDetail, get_incident
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team


def form_of(browser: HttpBrowser, path: str) -> Element:
    return read(browser.get(path).text).one("form", id="update")


def detail(team: Team, incident: Incident) -> IncidentDetail:
    return get_incident(team.actor(), incident.id)


def test_an_update_moves_the_incident_along_and_is_read_first(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")
    path = f"{home}/incidents/{incident.id}"

    fields = form_of(editor, path).fields() | {"stage": "identified", "message": "A bad **deployment**."}
    answer = editor.submit(f"{path}/updates", fields)

    assert (answer.status_code, answer.location) == (303, path)
    page = read(editor.get(path).text)
    assert page.one(id="said").text == "Your update is on the page."
    newest = page.one("ol", class_="timeline").all("li")[0]
    assert newest.text.startswith("Identified")
    assert "Jonas Berg" in newest.text
    assert [word.text for word in newest.all("strong")] == ["Identified", "deployment"]
    assert detail(team, incident).row.stage == "identified"


def test_the_form_begins_with_what_the_incident_asks_at_present(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "degraded_performance"}, impact="critical", stage="identified")

    fields = form_of(editor, f"{home}/incidents/{incident.id}").fields()

    assert fields["stage"] == "identified"
    assert fields["impact"] == "critical"
    assert fields[f"affected-{api.id}"] == "degraded_performance"
    assert fields["notify"] == "y"


def test_a_stage_that_is_past_cannot_be_chosen(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors", stage="monitoring")

    form = form_of(editor, f"{home}/incidents/{incident.id}")

    disabled = [radio.value for radio in form.all("input", type="radio") if "disabled" in radio.attributes]
    assert disabled == ["investigating", "identified"]


def test_services_are_added_changed_and_let_go_by_an_update(team: Team, editor: HttpBrowser, home: str):
    api, web, queue = team.service("API"), team.service("Web"), team.service("Queue")
    incident = team.incident("Errors", affects={api: "partial_outage", web: "partial_outage"}, impact="major")
    path = f"{home}/incidents/{incident.id}"

    fields = form_of(editor, path).fields() | {
        f"affected-{api.id}": "major_outage",
        f"affected-{web.id}": "",
        "add": str(queue.id),
        "message": "It spreads.",
    }
    editor.submit(f"{path}/updates", fields)

    assert team.status_of(api) == "major_outage"
    assert team.status_of(web) == "operational"
    assert team.status_of(queue) == "partial_outage"


def test_a_form_without_the_part_about_services_leaves_them_alone(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "partial_outage"})

    editor.submit(
        f"{home}/incidents/{incident.id}/updates",
        {"stage": "identified", "impact": "minor", "message": "Found it."},
    )

    assert team.status_of(api) == "partial_outage"


def test_resolving_says_before_what_each_service_will_show(team: Team, editor: HttpBrowser, home: str):
    api, web, queue = team.service("API"), team.service("Web"), team.service("Queue")
    team.set_status(web, "degraded_performance")
    team.incident("Still slow", affects={queue: "degraded_performance"})
    affected = {api: "partial_outage", web: "partial_outage", queue: "degraded_performance"}
    incident = team.incident("Errors", affects=affected)

    form = form_of(editor, f"{home}/incidents/{incident.id}?stage=resolved")

    rows = [row.text for row in form.all("div", class_="affected")]
    assert rows == [
        "API Operational",
        "Web becomes degraded performance: set by Mara Lind by hand Degraded performance",
        "Queue stays degraded performance: “Still slow” is still open Degraded performance",
    ]
    assert form.one("button", id="send").text == "Resolve the incident"


def test_what_was_said_before_resolving_comes_true(team: Team, editor: HttpBrowser, home: str):
    api, web = team.service("API"), team.service("Web")
    team.set_status(web, "degraded_performance")
    incident = team.incident("Errors", affects={api: "partial_outage", web: "major_outage"})
    path = f"{home}/incidents/{incident.id}"

    fields = form_of(editor, f"{path}?stage=resolved").fields() | {"message": "It works again."}
    answer = editor.submit(f"{path}/updates", fields)

    assert answer.status_code == 303
    assert team.status_of(api) == "operational"
    assert team.status_of(web) == "degraded_performance"
    resolved = detail(team, incident).row
    assert [service.asked for service in resolved.affected] == ["partial_outage", "major_outage"]


def test_the_end_takes_nothing_back_of_what_an_incident_did(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "major_outage"})
    path = f"{home}/incidents/{incident.id}"

    fields = form_of(editor, path).fields() | {"stage": "resolved", "message": "Over.", f"affected-{api.id}": ""}
    editor.submit(f"{path}/updates", fields)

    assert [service.asked for service in detail(team, incident).row.affected] == ["major_outage"]


def test_changing_ones_mind_about_resolving_keeps_the_services(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "partial_outage"})
    path = f"{home}/incidents/{incident.id}"

    resolving = form_of(editor, f"{path}?stage=resolved").fields()
    page = read(editor.submit(f"{path}/draft", resolving | {"stage": "monitoring"}).text)

    assert page.one("form", id="update").fields()[f"affected-{api.id}"] == "partial_outage"


def test_a_resolved_incident_takes_no_more_and_offers_a_new_one(team: Team, editor: HttpBrowser, home: str):
    incident = team.resolve(team.incident("Errors"))
    path = f"{home}/incidents/{incident.id}"

    page = read(editor.get(path).text)
    answer = editor.submit(f"{path}/updates", {"stage": "investigating", "impact": "none", "message": "Not really."})

    assert page.all("form", id="update") == []
    assert page.all("a", href=f"{home}/incidents/new?follows={incident.id}")
    assert answer.status_code == 409
    assert "resolved, and that is final" in answer.text
    assert "Not really." in read(answer.text).one("section", aria_labelledby="kept").text
    assert len(detail(team, incident).updates) == 2


def test_an_update_that_would_go_back_is_refused(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors", stage="monitoring")

    answer = editor.submit(
        f"{home}/incidents/{incident.id}/updates", {"stage": "investigating", "impact": "none", "message": "Hm."}
    )

    assert answer.status_code == 409
    assert detail(team, incident).row.stage == "monitoring"


def test_a_refused_update_says_what_is_wrong_and_keeps_the_rest(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    incident = team.incident("Errors", affects={api: "partial_outage"})
    path = f"{home}/incidents/{incident.id}"

    fields = form_of(editor, path).fields() | {"stage": "identified", "message": "  "}
    answer = editor.submit(f"{path}/updates", fields)

    form = read(answer.text).one("form", id="update")
    assert answer.status_code == 422
    assert form.one(id="message-error").text == "Say what users see and what you are doing."
    assert form.fields()["stage"] == "identified"
    assert form.fields()[f"affected-{api.id}"] == "partial_outage"


def test_who_writes_while_it_is_resolved_elsewhere_is_told_so_and_keeps_the_text(
    team: Team, editor: HttpBrowser, home: str
):
    incident = team.incident("Errors")
    path = f"{home}/incidents/{incident.id}"
    fields = form_of(editor, path).fields() | {"message": "We are still looking."}
    team.resolve(incident)

    answer = editor.submit(f"{path}/updates", fields)

    assert answer.status_code == 409
    assert "resolved, and that is final" in answer.text
    assert "We are still looking." in answer.text


def test_somebody_who_was_overtaken_keeps_their_text_and_then_posts(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")
    path = f"{home}/incidents/{incident.id}"
    opened_before = form_of(editor, path).fields() | {"stage": "identified", "message": "My own words."}
    team.update(incident, "monitoring", "A fix is out.")

    refused = editor.submit(f"{path}/updates", opened_before)
    page = read(refused.text)
    kept = page.one("form", id="update").fields()
    posted = editor.submit(f"{path}/updates", kept)

    assert refused.status_code == 409
    assert "Mara Lind posted an update while you were writing" in page.one(id="incident").text
    newest = detail(team, incident).updates[1]
    assert page.all("a", href=f"#update-{newest.id}")
    assert (kept["message"], kept["stage"]) == ("My own words.", "monitoring")
    assert posted.status_code == 303
    assert [one.message for one in detail(team, incident).updates] == [
        "My own words.",
        "A fix is out.",
        "We are looking into it.",
    ]


def test_a_version_of_any_length_is_only_another_version(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")
    path = f"{home}/incidents/{incident.id}"
    fields = form_of(editor, path).fields() | {"message": "Mine.", "seen_version": "9" * 5_000}

    answer = editor.submit(f"{path}/updates", fields)

    assert answer.status_code == 409


def test_a_double_click_posts_once_and_is_no_conflict(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")
    path = f"{home}/incidents/{incident.id}"
    fields = form_of(editor, path).fields() | {"message": "Once."}

    answers = [editor.submit(f"{path}/updates", fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [one.message for one in detail(team, incident).updates] == ["Once.", "We are looking into it."]


def test_who_was_concerned_once_is_counted_until_the_end(team: Team, editor: HttpBrowser, home: str, told):
    api, web = team.service("API"), team.service("Web")
    team.subscriber(chosen=(api,))
    incident = team.incident("Errors", affects={api: "partial_outage", web: "partial_outage"})
    told(team)
    path = f"{home}/incidents/{incident.id}"

    fields = form_of(editor, path).fields() | {f"affected-{api.id}": ""}
    page = read(editor.submit(f"{path}/draft", fields).text)

    assert "1 subscriber by e-mail" in page.one(id="audience").text


def test_how_telling_went_stands_beside_each_update(team: Team, viewer: HttpBrowser, home: str, told):
    for _ in range(3):
        team.subscriber()
    incident = team.incident("Errors")
    told(team, failing="The mailbox does not exist")
    silent = team.update(incident, "identified", "Nobody hears this.", notify=False)

    timeline = read(viewer.get(f"{home}/incidents/{silent.id}").text).one("ol", class_="timeline").text

    assert "Told 2 of 3" in timeline
    assert "1 failed" in timeline
    assert "1: The mailbox does not exist" in timeline
    assert "Nobody was told by e-mail" in timeline


def test_a_message_is_mended_and_marked_as_edited(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors", message="We are loking into it.")
    update = detail(team, incident).updates[0]
    path = f"{home}/incidents/{incident.id}/updates/{update.id}/edit"

    form = read(editor.get(path).text).one("form", class_="columns")
    answer = editor.submit(path, {"message": "We are looking into it."})

    assert form.one("textarea").value == "We are loking into it."
    assert answer.location == f"{home}/incidents/{incident.id}"
    timeline = read(editor.get(answer.location).text).one("ol", class_="timeline").text
    assert "We are looking into it." in timeline
    assert "· edited" in timeline


def test_an_empty_message_cannot_replace_one(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")
    update = detail(team, incident).updates[0]

    answer = editor.submit(f"{home}/incidents/{incident.id}/updates/{update.id}/edit", {"message": " "})

    assert answer.status_code == 422
    assert read(answer.text).one(id="message-error").text == "Say what users see and what you are doing."
    assert detail(team, incident).updates[0].edited_at is None


def test_an_edited_message_is_previewed_without_being_saved(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")
    update = detail(team, incident).updates[0]

    page = editor.submit(f"{home}/incidents/{incident.id}/updates/{update.id}/draft", {"message": "*New* words"}).text

    assert read(page).one(id="preview").one("em").text == "New"
    assert detail(team, incident).updates[0].message == "We are looking into it."


@pytest.mark.parametrize("which", ["another incident's", "nobody's"])
def test_a_message_of_another_incident_is_not_there(team: Team, editor: HttpBrowser, home: str, which: str):
    incident, other = team.incident("Errors"), team.incident("Slow")
    update_id = detail(team, other).updates[0].id if which == "another incident's" else uuid4()
    path = f"{home}/incidents/{incident.id}/updates/{update_id}/edit"

    assert editor.get(path).status_code == 404
    assert editor.submit(path, {"message": "x"}).status_code == 404


def test_everything_in_the_form_renews_by_one_press_without_a_script(team: Team, editor: HttpBrowser, home: str):
    incident = team.incident("Errors")

    page = editor.get(f"{home}/incidents/{incident.id}").text

    assert f'<noscript><button class="button" formaction="{home}/incidents/{incident.id}/draft">' in page
