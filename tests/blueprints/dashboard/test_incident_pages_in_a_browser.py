"""The pages around an incident as a browser shows them."""

from playwright.sync_api import expect

from app.incidents.queries import list_incidents
from app.organizations.rules import Role
from tests.blueprints.conftest import Open
from tests.builders import Team


def test_an_incident_is_taken_and_handed_over_without_losing_what_is_typed(team: Team, open_as: Open, home: str):
    incident = team.incident()
    team.member(Role.EDITOR)
    page = open_as(team.founder, f"{home}/incidents/{incident.id}")
    page.get_by_role("textbox", name="Message").fill("Half a sentence")

    page.get_by_role("button", name="I am handling this").click()
    expect(page.locator("#about")).to_contain_text("Mara Lind, which is you")
    page.get_by_text("Hand it over").click()
    page.get_by_label("Hand over to").select_option(label="Jonas Berg")
    page.get_by_role("button", name="Hand over", exact=True).click()

    expect(page.locator("#about")).to_contain_text("Jonas Berg")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Half a sentence")


def test_a_report_is_saved_as_a_draft_with_one_press(team: Team, open_as: Open, home: str):
    page = open_as(team.founder, f"{home}/incidents/new")
    page.locator("#title").fill("Errors")

    page.get_by_role("button", name="Save as draft").click()

    expect(page.get_by_role("heading", name="Draft of an incident", level=1)).to_be_visible()
    expect(page.locator("#title")).to_have_value("Errors")
    page.locator("#message").fill("We look into it.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    page.get_by_role("button", name="Publish incident").click()
    expect(page.get_by_role("heading", name="Errors", level=1)).to_be_visible()
    assert [one.title for one in list_incidents(team.actor()).open] == ["Errors"]
