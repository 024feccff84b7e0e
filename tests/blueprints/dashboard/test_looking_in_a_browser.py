"""What members look at, as somebody uses it: the palette with a keyboard, the figures, and both without a script."""

import re

from playwright.sync_api import Page, expect

from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.builders import Team


def chosen(page: Page) -> str:
    """The option that Enter would take, as a screen reader is told of it."""
    expect(page.locator("#palette [aria-selected=true]")).to_have_count(1)
    option = page.locator("#palette-input").get_attribute("aria-activedescendant")
    return page.locator(f"#{option} .name").inner_text()


def test_the_palette_is_used_by_keyboard_alone_and_gives_the_focus_back(team: Team, open_as: Open, home: str):
    incident = team.incident("Errors at the gateway", affects={team.service("Gateway"): "partial_outage"})
    page = open_as(team.founder, f"{home}/incidents")
    page.locator("#q").focus()

    page.keyboard.press("Control+k")
    expect(page.locator("#palette-input")).to_be_focused()
    expect(page.locator("#palette-input")).to_have_attribute("aria-expanded", "true")
    assert chosen(page) == "Report an incident"
    check_accessibility(page)
    page.keyboard.press("ArrowUp")
    assert chosen(page) == "Write a template", "it goes round"
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#q")).to_be_focused()

    page.get_by_role("link", name="Search").first.click()
    page.keyboard.type("no such thing")
    expect(page.locator("#palette-found")).to_contain_text("Nothing is called “no such thing”.")
    expect(page.locator("#palette-input")).to_have_attribute("aria-expanded", "false")
    page.locator("#palette-input").fill("gateway")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Gateway")
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "Errors at the gateway"
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(f"/incidents/{incident.id}$"))


def test_everybody_can_use_what_members_look_at_with_a_script_and_without(team: Team, open_as: Open, home: str):
    team.incident("Errors at the gateway", affects={team.service("Gateway"): "partial_outage"})
    team.maintenance("Network upgrade", in_hours=2)
    team.invite()
    page = open_as(team.founder, f"{home}/")
    check_accessibility(page)
    page.goto(f"{home}/analytics?from=2026-11-21&to=2026-11-01")
    page.locator("summary").first.click()
    check_accessibility(page)

    plain = open_as(team.founder, f"{home}/", java_script_enabled=False)
    plain.get_by_role("link", name="Search").click()
    plain.get_by_label("Services, incidents, people, pages, actions").fill("gateway")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_role("link", name="Gateway Partial outage").click()

    expect(plain.get_by_role("heading", level=1)).to_contain_text("Gateway")
