"""A message as visitors will see it, while it is being written."""

from app.organizations.rules import Role
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
