"""Languages of a page and of what is written for it, as members set and write them."""

from app.incidents.queries import get_incident
from app.maintenance.queries import list_maintenances
from app.text.languages import PageLanguage
from app.translated.queries import list_own_texts
from app.translated.rules import OwnText
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

DE = PageLanguage.GERMAN
REPORT = {"title": "Errors", "message": "We look.", "stage": "investigating", "impact": "minor"}


def test_admins_say_what_a_page_is_offered_in(team: Team, admin: HttpBrowser, home: str):
    address = f"{home}/pages/{team.page.page_id}/languages"

    answer = admin.submit(address, {"language": "de", "languages": ["en", "fr"]})

    assert answer.status_code == 303
    page = team.page
    assert (page.language, page.languages) == ("de", ("en", "de", "fr"))
    form = read(admin.get(address).text)
    ticked = [box.attributes["value"] for box in form.all("input", name="languages") if "checked" in box.attributes]
    assert ticked == ["en", "de", "fr"]


def test_what_is_no_language_is_refused_and_nothing_changes(team: Team, admin: HttpBrowser, home: str):
    answer = admin.submit(f"{home}/pages/{team.page.page_id}/languages", {"language": "tlh", "languages": ["tlh"]})

    assert answer.status_code == 422
    assert "Choose a language from the list." in answer.text
    assert team.page.languages == ("en",)


def test_the_preview_speaks_the_language_that_is_chosen(team: Team, admin: HttpBrowser, home: str):
    address = f"{home}/pages/{team.page.page_id}/languages/preview"

    answer = admin.submit(address, {"language": "es", "languages": []})

    assert "Servicios" in answer.text
    assert team.page.language == "en"


def test_with_one_language_there_is_nothing_to_translate(team: Team, editor: HttpBrowser, home: str):
    assert "In other languages" not in editor.get(f"{home}/incidents/new").text


def test_an_incident_is_reported_in_two_languages_and_mended_later(team: Team, editor: HttpBrowser, home: str):
    team.offer("de")
    form = read(editor.get(f"{home}/incidents/new").text)
    assert [form.one(name=name).attributes["lang"] for name in ("title_de", "message_de")] == ["de", "de"]

    answer = editor.submit(f"{home}/incidents", REPORT | {"title_de": "Fehler", "message_de": "Wir *schauen*."})

    incident_id = answer.location.rpartition("/")[2]
    (update,) = get_incident(team.actor(), incident_id).updates
    assert list_own_texts(team.actor(), incident_id) == {DE: OwnText("Fehler")}
    assert list_own_texts(team.actor(), update.id) == {DE: OwnText(message="Wir *schauen*.")}
    edit = f"{home}/incidents/{incident_id}/updates/{update.id}/edit"
    assert read(editor.get(edit).text).one("textarea", name="message_de").text == "Wir *schauen*."

    mended = {"message": "We look.", "message_de": "Wir schauen nach.", "seen_version": "1"}
    assert editor.submit(edit, mended).status_code == 303

    assert list_own_texts(team.actor(), update.id) == {DE: OwnText(message="Wir schauen nach.")}
    assert get_incident(team.actor(), incident_id).updates[0].edited_at is None
    history = read(editor.get(f"{home}/incidents/{incident_id}/edits").text).one("details")
    assert "Deutsch" in history.text
    assert "*schauen*" in history.text


def test_a_fault_in_one_language_stands_beside_its_field_and_loses_nothing(team: Team, editor: HttpBrowser, home: str):
    team.offer("de", "fr")

    answer = editor.submit(f"{home}/incidents", REPORT | {"title_de": "F", "message_fr": "Nous cherchons."})

    assert answer.status_code == 422
    form = read(answer.text)
    assert "open" in form.one("details", **{"class": "translations"}).attributes
    assert form.one(name="title_de").attributes["aria-invalid"] == "true"
    assert form.one("textarea", name="message_fr").text == "Nous cherchons."


def test_a_draft_keeps_what_it_says_in_other_languages(team: Team, editor: HttpBrowser, home: str):
    team.offer("de")
    texts = {"title_de": "Fehler", "message_de": "Wir schauen."}

    kept = editor.submit(f"{home}/incidents/drafts", REPORT | texts).location

    form = read(editor.get(kept).text)
    assert (form.one(name="title_de").attributes["value"], form.one("textarea", name="message_de").text) == (
        "Fehler",
        "Wir schauen.",
    )
    published = editor.submit(f"{kept}/publish", REPORT | texts).location
    assert list_own_texts(team.actor(), published.rpartition("/")[2]) == {DE: OwnText("Fehler")}


def test_each_window_of_a_series_says_it_in_other_languages(team: Team):
    team.offer("de")
    words = {DE: OwnText("Wöchentliche Wartung")}

    team.series(translations=words)

    windows = list_maintenances(team.actor()).upcoming.rows
    assert windows
    assert {tuple(list_own_texts(team.actor(), window.id).items()) for window in windows} == {tuple(words.items())}
