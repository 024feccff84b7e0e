"""A published postmortem, as everybody reads it."""

from uuid import uuid4

from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team, World
from tests.counting import counted


def test_it_is_a_page_of_its_own_that_caches_may_keep(team: Team, client: HttpBrowser):
    incident = team.incident("Database unreachable", stage="resolved")
    team.postmortem(incident, "A **fuse** blew.")

    answer = client.get(f"/{team.slug}/incidents/{incident.id}/postmortem")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in answer.headers
    page = read(answer.text)
    assert page.one("h1").text == "Database unreachable"
    assert page.one("div", class_="prose").text == "A fuse blew."
    assert "edited" not in page.one("main").text
    assert page.one("meta", name="description").attributes["content"] == (
        "What happened, and what was learned. A fuse blew."
    )


def test_its_incident_links_to_it_while_it_is_published(team: Team, client: HttpBrowser):
    incident = team.incident("Database unreachable", stage="resolved")
    path = f"/{team.slug}/incidents/{incident.id}"

    team.postmortem(incident, published=False)
    draft = read(client.get(path).text).all("a", href=f"{path}/postmortem")
    team.postmortem(incident)
    published = read(client.get(path).text).all("a", href=f"{path}/postmortem")

    assert draft == []
    assert [link.text for link in published] == ["What happened, and what was learned"]


def test_an_edited_one_says_so(team: Team, client: HttpBrowser):
    incident = team.incident(stage="resolved")
    team.postmortem(incident, "Their fault.")
    team.postmortem(incident, "Our fault.")

    page = read(client.get(f"/{team.slug}/incidents/{incident.id}/postmortem").text)

    assert "· edited" in page.one("main").text
    assert "Their fault" not in page.text


def test_what_is_not_there_looks_like_what_is_not_published(world: World, team: Team, client: HttpBrowser):
    drafted = team.incident(stage="resolved")
    team.postmortem(drafted, published=False)
    deleted = team.incident(stage="resolved")
    team.postmortem(deleted)
    team.delete(deleted)
    contoso = world.team("Contoso", "contoso")
    foreign = contoso.incident(stage="resolved")
    contoso.postmortem(foreign)

    ids = [drafted.id, deleted.id, foreign.id, team.incident(stage="resolved").id, uuid4()]
    answers = [client.get(f"/{team.slug}/incidents/{one}/postmortem") for one in ids]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_visitors_go_from_one_incident_to_the_next(team: Team, client: HttpBrowser):
    first, gone, second = (team.incident(title) for title in ("First", "Gone", "Second"))
    team.delete(gone)

    page = read(client.get(f"/{team.slug}/incidents/{second.id}").text)

    links = {link.attributes["rel"]: link.attributes["href"] for link in page.one("nav").all("a")}
    assert links == {"prev": f"/{team.slug}/incidents/{first.id}"}


def test_an_incident_and_its_postmortem_take_a_handful_of_statements(team: Team, client: HttpBrowser):
    incidents = [team.incident(f"Errors {number}", stage="resolved") for number in range(5)]
    team.postmortem(incidents[2])
    path = f"/{team.slug}/incidents/{incidents[2].id}"

    with counted() as for_the_incident:
        client.get(path)
    with counted() as for_the_postmortem:
        client.get(f"{path}/postmortem")

    # Of these, four open doors: looking up the address, reading the revision, reading as a visitor.
    assert len(for_the_incident) <= 12
    assert len(for_the_postmortem) <= 7
