"""A visitor chooses a language: it goes with them, also into what scripts say, and is there when they come back."""

import re

from playwright.sync_api import expect

from tests.blueprints.conftest import Open
from tests.builders import Team


def test_a_chosen_language_goes_along_and_is_there_again(team: Team, open_as: Open):
    team.offer("de", "ja")
    api = team.service("API")
    team.incident("Errors", affects={api: "partial_outage"})
    page = open_as(None, "/northwind", locale="en-GB")
    html = page.locator("html")
    expect(html).to_have_attribute("lang", "en")

    page.get_by_role("link", name="Deutsch").click()

    page.wait_for_url("**/northwind?lang=de")
    expect(html).to_have_attribute("lang", "de")
    expect(page.locator(".incident [data-age]").first).to_have_text(re.compile("gerade eben|vor 1 Minute"))
    page.get_by_role("slider", name="API, Tag für Tag").press("ArrowRight")
    expect(page.locator("#day-detail")).to_have_attribute("aria-label", "API, Heute: Teilausfall")
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Errors").first.click()

    page.wait_for_url("**/incidents/*?lang=de")
    expect(page.get_by_role("heading", name="Meldungen")).to_be_visible()

    page.goto("/northwind")

    page.wait_for_url("**/northwind?lang=de")
    expect(html).to_have_attribute("lang", "de")
