"""An incident's postmortem, from the first draft until it is withdrawn."""

import pytest

from app.incidents.models import Incident
from app.incidents.postmortems.queries import PostmortemRow, get_postmortem_page
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team


@pytest.fixture
def incident(team: Team) -> Incident:
    return team.incident("Database unreachable", stage="resolved")


@pytest.fixture
def path(home: str, incident: Incident) -> str:
    return f"{home}/incidents/{incident.id}/postmortem"


def form_of(browser: HttpBrowser, path: str) -> Element:
    return read(browser.get(path).text).one("form", id="write")


def kept(team: Team, incident: Incident) -> PostmortemRow | None:
    return get_postmortem_page(team.actor(), incident.id).postmortem


def test_an_empty_one_begins_with_an_outline(editor: HttpBrowser, path: str):
    fields = form_of(editor, path).fields()

    assert fields["message"].startswith("## What happened\n\n## Whom it affected")
    assert fields["seen_version"] == "0"


def test_a_draft_is_for_members(team: Team, editor: HttpBrowser, viewer: HttpBrowser, client, incident, path: str):
    answer = editor.submit(path, form_of(editor, path).fields() | {"message": "A **fuse**.", "then": "keep"})

    assert (answer.status_code, answer.location) == (303, path)
    assert read(editor.get(path).text).one(id="said").text == "The draft is kept. Only members see it."
    page = read(viewer.get(path).text).one(id="postmortem")
    assert "Draft Only members see it. Last written by Jonas Berg" in page.text
    assert page.one("div", class_="prose").text == "A fuse ."
    assert page.all("form") == page.all("textarea") == []
    assert client.get(f"/{team.slug}/incidents/{incident.id}/postmortem").status_code == 404


def test_publishing_puts_it_on_the_page(team: Team, editor: HttpBrowser, client, incident: Incident, path: str):
    fields = form_of(editor, path).fields() | {"message": "A **fuse**.", "then": "publish"}

    answer = editor.submit(path, fields)

    assert answer.status_code == 303
    page = read(editor.get(path).text)
    assert page.one(id="said").text == "The postmortem is on your page."
    public = f"/{team.slug}/incidents/{incident.id}/postmortem"
    assert page.one("a", href=f"http://localhost{public}").text == "Show on the page"
    assert [word.text for word in read(client.get(public).text).one("div", class_="prose").all("strong")] == ["fuse"]


def test_subscribers_are_told_only_if_wished(team: Team, editor: HttpBrowser, path: str):
    box = form_of(editor, path).one("input", name="notify")

    assert "checked" not in box.attributes


def test_what_is_published_is_edited_in_place(team: Team, editor: HttpBrowser, incident: Incident, path: str):
    team.postmortem(incident, "A fuze.")

    form = form_of(editor, path)
    editor.submit(path, form.fields() | {"message": "A fuse."})

    assert [button.text for button in form.all("button", class_="primary")] == ["Save changes"]
    page = read(editor.get(path).text).one(id="postmortem")
    assert "· edited" in page.text
    assert [piece.text for piece in page.all("del")] == ["fuze"]
    assert [piece.text for piece in page.all("ins")] == ["fuse"]


def test_it_can_be_withdrawn(team: Team, editor: HttpBrowser, client, incident: Incident, path: str):
    team.postmortem(incident)

    answer = editor.submit(f"{path}/withdraw")

    assert (answer.status_code, answer.location) == (303, path)
    assert kept(team, incident).published_at is None
    assert client.get(f"/{team.slug}/incidents/{incident.id}/postmortem").status_code == 404


def test_a_draft_can_be_discarded_and_what_was_published_cannot(
    team: Team, editor: HttpBrowser, incident: Incident, path: str
):
    team.postmortem(incident, published=False)
    assert read(editor.get(path).text).one("form", action=f"{path}/discard").text == "Discard the draft"

    answer = editor.submit(f"{path}/discard")

    assert answer.status_code == 303
    assert kept(team, incident) is None
    team.postmortem(incident)
    assert read(editor.get(path).text).all("form", action=f"{path}/discard") == []


def test_a_refused_text_is_kept_in_the_form(team: Team, editor: HttpBrowser, incident: Incident, path: str):
    answer = editor.submit(path, {"message": "x" * 20_001, "then": "publish", "notify": "y", "seen_version": "0"})

    form = read(answer.text).one("form", id="write")
    assert answer.status_code == 422
    assert form.one(id="message-error").text == "Use at most 20,000 characters; this has 20,001."
    assert len(form.fields()["message"]) == 20_001
    assert form.fields()["notify"] == "y"
    assert kept(team, incident) is None


def test_the_second_of_two_writers_reads_both_texts_and_decides(
    team: Team, editor: HttpBrowser, incident: Incident, path: str
):
    fields = form_of(editor, path).fields()
    team.postmortem(incident, "Theirs.", published=False)

    answer = editor.submit(path, fields | {"message": "Mine."})

    page = read(answer.text)
    assert answer.status_code == 409
    assert "Mara Lind has written here while you were writing." in page.text
    assert page.one("pre").text == "Theirs."
    form = page.one("form", id="write")
    assert form.fields()["message"] == "Mine."
    assert editor.submit(path, form.fields()).status_code == 303
    assert kept(team, incident).message == "Mine."


def test_it_is_too_early_while_the_incident_is_open(team: Team, editor: HttpBrowser, home: str):
    path = f"{home}/incidents/{team.incident().id}/postmortem"

    page = read(editor.get(path).text)
    answer = editor.submit(path, {"message": "Too early.", "then": "publish"})

    assert page.one("div", class_="empty").one("h2").text == "Too early for a postmortem"
    assert page.all("form", id="write") == []
    assert answer.status_code == 409
    assert read(answer.text).one("section", class_="narrow").one("pre").text == "Too early."


def test_the_incident_leads_to_it(team: Team, editor: HttpBrowser, viewer: HttpBrowser, incident, home: str, path: str):
    incident_path = f"{home}/incidents/{incident.id}"

    before = [read(one.get(incident_path).text).all("a", href=path) for one in (editor, viewer)]
    team.postmortem(incident, published=False)
    after = read(viewer.get(incident_path).text).one("a", href=path)

    assert [[link.text for link in links] for links in before] == [["Write one"], []]
    assert after.text == "Draft"


def test_the_way_to_the_incidents_before_and_after(team: Team, viewer: HttpBrowser, home: str):
    first, gone, second, third = (team.incident(title) for title in ("First", "Gone", "Second", "Third"))
    team.delete(gone)

    def links(incident: Incident) -> dict[str, str]:
        page = read(viewer.get(f"{home}/incidents/{incident.id}").text)
        return {link.attributes["rel"]: link.text for link in page.all("a") if "rel" in link.attributes}

    assert links(first) == {"next": "Next incident Second"}
    assert links(second) == {"prev": "Previous incident First", "next": "Next incident Third"}
    assert links(third) == {"prev": "Previous incident Second"}
