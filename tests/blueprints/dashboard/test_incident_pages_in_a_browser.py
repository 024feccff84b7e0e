"""The pages around an incident as a browser shows them."""

import pytest
from playwright.sync_api import expect

from app import clock
from app.incidents.actions import NewUpdate, edit_incident, edit_update, post_update
from app.incidents.drafts.actions import DraftContent, save_draft
from app.incidents.handling import set_handler
from app.incidents.merging import merge_incident
from app.incidents.models import Incident
from app.incidents.queries import get_incident, list_incidents
from app.incidents.rules import Impact, Stage
from app.organizations.rules import Role
from app.services.rules import ServiceStatus
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.builders import Team


@pytest.fixture
def incident(team: Team) -> Incident:
    """One that a lot was done to."""
    api = team.service("API")
    incident = team.incident("Logins fial for some", affects={api: "partial_outage"}, message="We loking into it.")
    team.member(Role.EDITOR)
    set_handler(incident.id, team.founder.user_id, by=team.actor())
    edit_incident(incident.id, "Logins fail for some", Impact.MAJOR, by=team.actor())
    update = get_incident(team.actor(), incident.id).updates[0]
    edit_update(incident.id, update.id, "We are looking into it.", by=team.actor())
    now = clock.now()
    late = NewUpdate(
        Stage.INVESTIGATING, "It got worse.", {api.id: ServiceStatus.MAJOR_OUTAGE}, posted_at=now, notify=False
    )
    post_update(incident.id, late, by=team.actor())
    merge_incident(team.incident("Sign-in is broken").id, incident.id, by=team.actor())
    team.incident("Mails are late")
    return incident


def test_everybody_can_use_the_pages_of_an_incident(team: Team, open_as: Open, home: str, incident: Incident):
    page = open_as(team.founder, f"{home}/incidents/{incident.id}")
    check_accessibility(page)
    for part in ("edits", "start", "earlier", "merge"):
        check_accessibility(page, f"{home}/incidents/{incident.id}/{part}")


def test_everybody_can_use_the_forms_for_drafts_and_for_the_past(team: Team, open_as: Open, home: str):
    team.service("API")
    draft = save_draft(DraftContent("Logins fail", "We look."), by=team.actor())

    page = open_as(team.founder, f"{home}/incidents/drafts/{draft.id}")

    check_accessibility(page)
    check_accessibility(page, f"{home}/incidents/past")
    check_accessibility(page, f"{home}/incidents")


def test_everybody_can_read_on_the_page_what_was_merged(team: Team, open_as: Open, home: str, incident: Incident):
    duplicate = get_incident(team.actor(), incident.id).merged_from[0]

    page = open_as(None, f"/{team.slug}/incidents/{duplicate.id}")

    expect(page.get_by_text("All news is there")).to_be_visible()
    check_accessibility(page)
    check_accessibility(page, f"/{team.slug}/incidents/{incident.id}")


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
