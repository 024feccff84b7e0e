"""A person who uses no pointer reports an incident; another looks at a day and subscribes."""

from playwright.sync_api import Locator, Page, expect

from tests.blueprints.conftest import Open, address, open_as, served  # noqa: F401 -- fixtures
from tests.builders import Team

MOST_TABS = 80
"""More than there are on any page of this story: whoever needs so many is lost."""


def test_an_incident_is_reported_with_keys_alone(team: Team, open_as: Open) -> None:  # noqa: F811
    api = team.service("API")
    page = open_as(team.founder, f"/dashboard/{team.slug}/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    go(page, page.get_by_role("link", name="Report incident").first, "Enter")
    expect(page.get_by_role("heading", name="Report an incident")).to_be_visible()
    type_into(page, page.get_by_label("What is wrong?"), "Logins fail")
    type_into(page, page.get_by_label("Impact"), "Major")
    type_into(page, page.get_by_label("Add a service"), "API")
    expect(page.get_by_label("Status of API")).to_have_value("suggested")
    type_into(page, page.get_by_role("textbox", name="Message"), "We look into it.")
    go(page, page.get_by_role("button", name="Publish incident"), "Space")

    expect(page.get_by_role("heading", name="Logins fail", level=1)).to_be_visible()
    expect(page.locator("#said [data-result]")).to_be_focused()
    assert team.status_of(api) == "partial_outage"


def test_a_day_is_opened_and_news_are_asked_for_with_keys_alone(team: Team, open_as: Open) -> None:  # noqa: F811
    team.incident("Logins fail", affects={team.service("API"): "partial_outage"})
    page = open_as(None, f"/{team.slug}")
    detail = page.get_by_role("dialog")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    go(page, page.get_by_role("slider", name="API, day by day"), "End")
    page.keyboard.press("Enter")
    expect(detail).to_be_focused()
    expect(detail).to_contain_text("Logins fail")
    page.keyboard.press("Escape")
    expect(page.get_by_role("slider", name="API, day by day")).to_be_focused()
    type_into(page, page.get_by_label("E-mail address"), "ada@customer.example")
    page.keyboard.press("Enter")

    again = page.get_by_role("button", name="Yes, subscribe")
    told = page.locator("#subscribe [data-result]")
    expect(told).to_be_focused()
    if again.is_visible():  # who types as quickly as a test is asked once more, and waits for it
        expect(again).to_be_enabled()
        page.keyboard.press("Tab")
        expect(again).to_be_focused()
        page.keyboard.press("Enter")
    expect(told).to_contain_text("Check your inbox")
    expect(told).to_be_focused()


def go(page: Page, to: Locator, press: str) -> None:
    """Walk on by Tab until it has the focus, and be seen to have it; then press a key."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if to.evaluate("element => element === document.activeElement"):
            break
    expect(to).to_be_focused()
    assert to.evaluate("element => element.matches(':focus-visible')")
    page.keyboard.press(press)


def type_into(page: Page, field: Locator, text: str) -> None:
    """Fill in a line, or choose from a list as its first letters do."""
    go(page, field, "Home")
    page.keyboard.type(text)
