"""A message as visitors will see it, while it is being written."""

import pytest
from limits import RateLimitItemPerMinute
from redis.exceptions import ConnectionError as RedisAway

from app.blueprints.dashboard import DRAWN_WHILE_WRITING
from app.extensions import limiter
from app.organizations.rules import Role
from app.web import limits
from tests.blueprints.dashboard.samples import DRAWS_ONLY
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team


def preview(browser: HttpBrowser, home: str, message: str) -> Element:
    return read(browser.submit(f"{home}/preview", {"message": message}).text).one("section", id="preview")


def test_a_message_is_shown_as_visitors_will_see_it(editor: HttpBrowser, home: str):
    card = preview(editor, home, "A **bad** deployment.\n\n<script>alert(1)</script> [x](javascript:alert(1))")

    assert [word.text for word in card.all("strong")] == ["bad"]
    assert card.all("script") == card.all("a") == []
    assert "alert(1)" in card.text


def test_nothing_written_yet_says_what_will_be_here(editor: HttpBrowser, home: str):
    assert preview(editor, home, " \n").text == "Preview Your message appears here as visitors will see it."


def test_markdown_that_is_nested_too_deep_is_shown_as_typed_and_the_preview_says_why(editor: HttpBrowser, home: str):
    card = preview(editor, home, "> " * 100 + "deep")

    assert card.one(id="shown-as-typed").text == (
        "Visitors see this as you typed it, without markdown."
        " Its lists or quotes are nested too deep. Use fewer levels."
    )
    assert card.one("div", class_="prose").text == " ".join(">" * 100) + " deep"


def test_the_incident_form_says_so_too(editor: HttpBrowser, home: str):
    fields = {"title": "Errors", "stage": "investigating", "impact": "minor", "message": "- " * 60 + "deep"}

    page = read(editor.submit(f"{home}/incidents/draft", fields).text)

    assert "nested too deep" in page.one(id="shown-as-typed").text


def test_a_viewer_has_nothing_to_preview(team: Team, home: str):
    answer = team.member(Role.VIEWER).browser().submit(f"{home}/preview", {"message": "x"})

    assert answer.status_code == 403


@pytest.mark.parametrize("form", ["incidents/draft", "incidents/past/draft", "maintenance/draft", "preview"])
def test_a_message_that_is_too_long_is_not_parsed_by_any_form(editor: HttpBrowser, home: str, form: str):
    page = editor.submit(f"{home}/{form}", {"message": "[x" * 5_001, "investigating": "[x" * 5_001}).text

    assert "</a>" not in read(page).one("main").text
    assert form.startswith("incidents/past") or "It is longer than 10,000 characters." in page


def test_a_postmortem_may_be_longer_than_a_message(team: Team, editor: HttpBrowser, home: str):
    text = {"message": "*a* " * 4_000}
    incident = team.incident()
    team.resolve(incident)

    shown = editor.submit(f"{home}/preview/postmortem", text).text
    form = read(editor.get(f"{home}/incidents/{incident.id}/postmortem").text)

    assert read(shown).all(id="shown-as-typed") == []
    assert [one.attributes.get("hx-post") for one in form.all("div", class_="columns")] == [
        f"{home}/preview/postmortem"
    ]


@pytest.fixture
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DRAWN", RateLimitItemPerMinute(2))


def test_all_that_forms_ask_for_while_somebody_types_is_counted():
    assert DRAWS_ONLY.keys() == DRAWN_WHILE_WRITING


@pytest.mark.usefixtures("two_a_minute")
def test_nobody_has_more_drawn_than_typing_asks_for(team: Team, home: str):
    ours, theirs = team.member(Role.EDITOR).browser(), team.founder.browser()
    asked = ["preview", "incidents/draft", "preview", "maintenance/draft"]

    answers = [ours.submit(f"{home}/{form}", {"message": "x"}) for form in asked]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert theirs.submit(f"{home}/preview", {"message": "x"}).status_code == 200
    assert ours.get(f"{home}/incidents/new").status_code == 200


@pytest.mark.usefixtures("two_a_minute")
def test_a_form_that_asked_too_often_is_answered_with_a_fragment(editor: HttpBrowser, home: str):
    for _ in range(3):
        answer = editor.submit(f"{home}/preview", {"message": "x"}, headers={"HX-Request": "true"})

    assert (answer.status_code, "<html" in answer.text) == (429, False)
    assert read(answer.text).one("h1").text == "Too many requests"


def test_without_redis_people_still_see_what_they_write(
    editor: HttpBrowser, home: str, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise RedisAway("refused")

    monkeypatch.setattr(limiter.storage, "incr", fail)

    assert preview(editor, home, "**bad**").one("strong").text == "bad"
