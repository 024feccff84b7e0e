"""An incident's page and a window's page while they are open: each is watched by itself, and told what changes."""

from uuid import uuid4

import gevent
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.blueprints.public import live
from app.blueprints.public.live import render_incident, render_maintenance
from app.errors import NotFound
from app.incidents.merging import merge_incident
from app.live.fragments import changed, message
from app.pages.actions import choose_services
from app.pages.arrangement import Item, ItemKind
from app.pages.finding import get_page
from tests.blueprints.reading import read
from tests.builders import Team


def parts_of(text: str) -> dict[str, str]:
    """What each element of a message says, by its id."""
    return {
        one.attributes["id"]: one.text
        for name in ("div", "section")
        for one in read(text).all(name)
        if one.attributes.get("id") in ("incident", "maintenance", "updates", "neighbours")
    }


def test_an_open_incident_is_told_what_is_said_and_that_it_is_over(client: FlaskClient, team: Team):
    team.incident("Before it")
    incident = team.incident("Errors", affects={team.service("API"): "partial_outage"})
    address = f"/northwind/fragments?incident={incident.id}&revision="
    team.resolve(incident, message="All is well again.")

    told = client.get(f"{address}0")

    parts = parts_of(told.text)
    assert "Resolved after" in parts["incident"]
    assert "All is well again." in parts["updates"]
    assert "Before it" in parts["neighbours"]
    revision = told.text.rpartition("revision ")[2].removesuffix("-->")
    assert client.get(f"{address}{revision}").status_code == 204


def test_the_page_says_what_it_watches_and_since_when(client: FlaskClient, team: Team):
    incident, window = team.incident("Errors"), team.maintenance("Move the servers")

    for path, watched in (("incidents", f"incident={incident.id}"), ("maintenance", f"maintenance={window.id}")):
        one = watched.partition("=")[2]
        line = read(client.get(f"/northwind/{path}/{one}").text).one("div", id="live")
        revision = get_page("northwind").revision
        assert line.attributes["hx-ws:connect"] == f"/northwind/live?lang=en&{watched}&revision={revision}&until=0"


def test_only_what_changed_of_an_incident_is_sent(app: Flask, team: Team):
    incident = team.incident("Errors")
    before = render_incident(team.page, incident.id)
    team.incident("The next one")

    after = render_incident(team.page, incident.id)

    assert changed(before, after) == {"neighbours"}
    assert "The next one" in message(after, {"neighbours"})


def test_what_a_screen_reader_hears_changes_with_the_message_alone(app: Flask, team: Team):
    incident = team.incident("Errors", message="We look into it.")
    team.incident("The next one")
    shown = render_incident(team.page, incident.id)

    heading = read(shown.parts["incident"]).one("div", id="incident")

    assert heading.attributes["data-said"] == "Investigating: We look into it."
    assert heading.attributes["data-title"].startswith("Errors · ")


def test_an_incident_that_turns_out_to_be_another_one_can_be_followed_no_more(app: Flask, team: Team):
    duplicate, into = team.incident("Errors"), team.incident("Network trouble")
    before = render_incident(team.page, duplicate.id)
    merge_incident(duplicate.id, into.id, notify=False, by=team.actor())

    after = render_incident(team.page, duplicate.id)

    assert "data-told-to-the-end" not in before.parts["incident"]
    assert "data-told-to-the-end" in after.parts["incident"]


def test_an_open_window_is_told_that_it_has_begun(app: Flask, team: Team):
    window = team.maintenance("Move the servers", in_hours=1)
    before = render_maintenance(team.page, window.id)
    team.move_on(window, "in_progress", "We have begun.")

    after = render_maintenance(team.page, window.id)

    assert changed(before, after) == {"maintenance", "updates"}
    assert "We have begun." in after.parts["updates"]
    assert "hidden" in before.parts["updates"].partition(">")[0]


def test_each_language_is_told_in_its_own_words(client: FlaskClient, team: Team):
    team.offer("de")
    incident = team.incident("Errors")

    told = client.get(f"/northwind/fragments?incident={incident.id}&lang=de&revision=0")

    assert "Wird untersucht" in told.text


@pytest.mark.parametrize("watched", ["incident={}", "maintenance={}", "incident=everything", "maintenance="])
def test_what_is_not_there_is_watched_by_nobody(client: FlaskClient, watched: str):
    answer = client.get(f"/northwind/fragments?{watched.format(uuid4())}")

    assert answer.status_code == 404


def test_what_another_page_tells_of_is_not_watched_here(client: FlaskClient, team: Team):
    api, web = team.service("API"), team.service("Website")
    choose_services(team.page.page_id, [Item(ItemKind.SERVICE, api.id)], by=team.actor())
    incident, window = team.incident("Errors", affects={web: "partial_outage"}), team.maintenance("Move", web)

    answers = [
        client.get(f"/northwind/fragments?{watched}")
        for watched in (f"incident={incident.id}", f"maintenance={window.id}")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_who_watches_a_deleted_incident_is_let_go(app: Flask, team: Team):
    incident = team.incident("Errors")
    team.delete(incident)

    with pytest.raises(NotFound):
        render_incident(team.page, incident.id)


def test_however_many_incidents_are_watched_few_are_rendered_at_once(app: Flask, team: Team, monkeypatch):
    at_once, most = 0, 0

    def render(page: object, incident_id: object) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        gevent.sleep(0)
        at_once -= 1

    monkeypatch.setitem(live._ALONE, "incident", (lambda page, incident_id: True, render))
    renders = []
    for _ in range(20):
        with app.test_request_context(f"/northwind/live?incident={uuid4()}"):
            renders.append(live._watched(team.page)[1])

    gevent.joinall([gevent.spawn(render) for render in renders], raise_error=True)

    assert most == live.ALONE_AT_ONCE
