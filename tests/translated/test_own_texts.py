"""Own texts in further languages: written with the original, read by whoever reads that language."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.announcements.actions import AnnouncementDetails, announce
from app.database.scope import organization_scope
from app.errors import Invalid
from app.incidents.actions import NewIncident, edit_update, report_incident
from app.incidents.merging import merge_incident
from app.incidents.models import Incident
from app.incidents.queries import get_incident
from app.subscribers.actions import request_subscription
from app.subscribers.models import Subscriber
from app.subscribers.tokens import confirm_token, manage_token
from app.text.languages import PageLanguage
from app.translated.queries import list_own_texts
from app.translated.rules import OwnText
from tests.builders import Team

GERMAN = {"Accept-Language": "de-CH, de;q=0.9, en;q=0.5"}
DE = PageLanguage.GERMAN


@pytest.fixture
def incident(team: Team) -> Incident:
    """One that says something in German, too, on a page in English, German and French."""
    team.offer("de", "fr")
    words = {DE: OwnText("Fehler bei der Anmeldung", "Wir sehen **viele** Fehler.")}
    new = NewIncident("Errors at sign-in", "We see **many** errors.", translations=words)
    return report_incident(new, by=team.actor())


def newest(team: Team, incident: Incident) -> UUID:
    return get_incident(team.actor(), incident.id).updates[0].id


def test_a_visitor_reads_it_in_their_language(client: FlaskClient, incident: Incident):
    page = client.get("/northwind", headers=GERMAN).text
    alone = client.get(f"/northwind/incidents/{incident.id}", headers=GERMAN).text

    for text in (page, alone):
        assert "Fehler bei der Anmeldung" in text
        assert "Wir sehen <strong>viele</strong> Fehler." in text
        assert "Errors at sign-in" not in text


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_whoever_reads_another_language_gets_the_original(client: FlaskClient, incident: Incident, language: str):
    text = client.get("/northwind", headers={"Accept-Language": language}).text

    assert "Errors at sign-in" in text
    assert "We see <strong>many</strong> errors." in text


def test_the_json_has_the_original_unless_it_is_asked_for_a_language(client: FlaskClient, incident: Incident):
    original, german = (client.get(f"/api/northwind/status{query}", headers=GERMAN).json for query in ("", "?lang=de"))

    assert original["incidents"][0]["title"] == "Errors at sign-in"
    assert german["incidents"][0]["title"] == "Fehler bei der Anmeldung"
    assert german["incidents"][0]["updates"][0]["message"] == "Wir sehen viele Fehler."


def test_a_text_that_is_taken_back_is_told_in_the_original_again(client: FlaskClient, team: Team, incident: Incident):
    update_id = newest(team, incident)

    edit_update(incident.id, update_id, "We see **many** errors.", translations={DE: OwnText()}, by=team.actor())

    assert list_own_texts(team.actor(), update_id) == {}
    text = client.get("/northwind", headers=GERMAN).text
    assert "We see <strong>many</strong> errors." in text
    assert "edited" not in text


def test_other_incidents_are_named_in_the_visitors_language(client: FlaskClient, team: Team, incident: Incident):
    """Those before and after, what one follows, and what was merged into it."""
    team.resolve(incident)
    follower = team.incident("It is back", follows=incident)
    duplicate = report_incident(
        NewIncident("Same again", "As above.", translations={DE: OwnText("Schon wieder")}), by=team.actor()
    )
    merge_incident(duplicate.id, follower.id, notify=False, by=team.actor())

    page = client.get(f"/northwind/incidents/{follower.id}", headers=GERMAN).text
    merged = client.get(f"/northwind/incidents/{duplicate.id}", headers=GERMAN).text

    assert page.count("Fehler bei der Anmeldung") == 2, "what it follows is also what began before it"
    assert "Schon wieder" in page
    assert "It is back" in merged, "what is not translated is named as it was written"
    for original in ("Errors at sign-in", "Same again"):
        assert original not in page


def test_a_postmortem_is_named_in_the_visitors_language(client: FlaskClient, team: Team, incident: Incident):
    team.resolve(incident)
    team.postmortem(incident, "A disk was full.")

    text = client.get(f"/northwind/incidents/{incident.id}/postmortem", headers=GERMAN).text

    assert "Fehler bei der Anmeldung" in text
    assert '<div class="prose" dir="auto" lang="en" hx-ignore><p>A disk was full.' in text


def test_who_follows_an_incident_sees_its_title_in_their_language(client: FlaskClient, team: Team, incident: Incident):
    request_subscription(team.page, "dora@customer.example", incident_id=incident.id, language=DE)
    with organization_scope(team.actor()) as scope:
        subscriber = scope.session.scalars(select(Subscriber)).one()
        token = confirm_token(subscriber.id, subscriber.requested_at)

    asked = client.get(f"/northwind/subscribe/confirm/{token}?lang=de").text
    client.post(f"/northwind/subscribe/confirm/{token}?lang=de")
    chosen = client.get(f"/northwind/subscribe/{manage_token(subscriber.id)}?lang=de").text

    for text in (asked, chosen):
        assert "Fehler bei der Anmeldung" in text
        assert "Errors at sign-in" not in text


def test_an_announcement_is_told_in_its_languages(client: FlaskClient, team: Team):
    team.offer("de")
    words = {DE: OwnText("Der Support ist geschlossen")}
    announce(AnnouncementDetails("Support is closed", "Until *Monday*.", translations=words), by=team.actor())

    text = client.get("/northwind", headers=GERMAN).text

    assert "Der Support ist geschlossen" in text
    assert "Until <em>Monday</em>." in text


def test_what_is_said_by_itself_is_there_in_each_language(client: FlaskClient, team: Team):
    team.offer("de", "ja")
    window = team.maintenance("Network upgrade", in_hours=1)
    team.move_on(window, "in_progress")

    texts = [client.get(f"/northwind/maintenance/{window.id}?lang={word}").text for word in ("en", "de", "ja")]

    for said, text in zip(
        ("The work has begun.", "Die Arbeiten haben begonnen.", "作業を開始しました。"), texts, strict=True
    ):
        assert said in text


def test_what_is_wrong_is_told_for_the_field_of_its_language(team: Team):
    new = NewIncident("Errors", "We look.", translations={DE: OwnText("x" * 201, "y" * 10_001)})

    with pytest.raises(Invalid) as refusal:
        report_incident(new, by=team.actor())

    assert set(refusal.value.faults) == {"title_de", "message_de"}


def test_numbers_in_json_are_numbers_in_every_language(client: FlaskClient, team: Team):
    team.offer("de")
    team.set_status(team.service("API"), "partial_outage")

    document = client.get("/api/northwind/status?lang=de").json

    assert document["status"]["description"] == "Teilausfall"
    assert isinstance(document["services"][0]["uptime_90_days"], float | None)


def test_a_text_in_another_language_than_the_page_says_so_to_screen_readers(client: FlaskClient, incident: Incident):
    german, french = (client.get(f"/northwind/incidents/{incident.id}?lang={word}").text for word in ("de", "fr"))

    assert '<div class="prose" dir="auto" hx-ignore><p>Wir sehen' in german
    assert '<div class="prose" dir="auto" lang="en" hx-ignore><p>We see' in french
