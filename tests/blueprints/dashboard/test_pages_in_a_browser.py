"""A page's settings with their preview, and what visitors choose for themselves, as somebody uses them."""

import pytest
from playwright.sync_api import Page, expect

from app.addresses.catalogue import get_page_details
from app.pages.actions import edit_page
from app.pages.parts import Basics, Look
from app.pages.settings import Theme
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.builders import Team

pytestmark = pytest.mark.browser


def test_the_page_is_previewed_while_somebody_sets_it(team: Team, open_as: Open, home: str):
    api, web = team.service("API", team.group("Platform")), team.service("Web")
    settings = f"{home}/pages/{team.page.page_id}"

    page = open_as(team.founder, f"{settings}/look")
    steps = page.evaluate("history.length")
    page.locator("#css").fill(".masthead { background: rgb(1, 2, 3) }\n@import 'x';")
    preview = page.frame_locator(".stage iframe").last
    expect(preview.locator(".masthead")).to_have_css("background-color", "rgb(1, 2, 3)")
    page.locator("#preview_theme").select_option("dark")
    expect(preview.locator("html[data-theme=dark]")).to_be_visible()
    assert page.evaluate("history.length") == steps, "each letter would be a step back"
    page.locator("#accent_light").fill("#ffee88")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#css-error")).to_contain_text('Line 2, “@import "x"”')
    page.get_by_role("button", name="instead").click()
    page.locator("#css").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#said")).to_have_text("The page is saved.")

    page.goto(f"{settings}/services")
    page.get_by_label("Only these, in this order").press("Space")
    expect(page.locator("#selection")).to_contain_text("This page shows nothing.")
    page.locator(f"#item-service-{api.id}").press("Space")
    expect(page.locator(".placed > li")).to_have_count(1)
    page.locator(f"#item-service-{web.id}").press("Space")
    expect(page.locator(".placed > li")).to_have_count(2)
    page.get_by_role("button", name="Move Web up").press("Enter")
    expect(page.locator(".placed > li").first).to_contain_text("Web")
    expect(page.get_by_role("button", name="Move Web up")).to_be_focused()
    expect(page.frame_locator(".stage iframe").last.locator("#services a.name")).to_have_text(["Web", "API"])
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#said")).to_have_text("What the page shows is saved.")

    assert [item.id for item in get_page_details(team.actor(), team.page.page_id).items] == [web.id, api.id]


def test_a_visitor_chooses_theme_and_time_zone_and_both_are_kept_without_a_cookie(team: Team, open_as: Open):
    edit_page(team.page.page_id, Look(Theme.DARK, "", "", ""), by=team.actor())
    edit_page(team.page.page_id, Basics("Northwind", "Asia/Tokyo", False, 7, True, False), by=team.actor())
    team.incident("Errors")
    page = open_as(None, "/northwind", timezone_id="America/New_York")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    in_tokyo = times(page)
    page.get_by_label("Theme").select_option("light")
    page.get_by_label("Times").select_option("visitor")
    in_new_york = times(page)
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("#told-in")).to_have_text("All times in your own zone, America/New York")
    assert times(page) == in_new_york != in_tokyo
    page.get_by_label("Times").select_option("page")
    assert times(page) == in_tokyo
    assert page.context.cookies() == []
    check_accessibility(page)


def times(page: Page) -> list[str]:
    return page.locator("#active-incidents time").all_text_contents()
