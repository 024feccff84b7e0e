"""The members page and the way in, as somebody uses them: with a keyboard, with htmx, and without any script."""

import re

from playwright.sync_api import expect

from app.teams import invitations
from app.teams.models import Invitation
from app.teams.tokens import invitation_token
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.builders import Team, World


def link_of(invitation: Invitation) -> str:
    return f"/invitations/{invitation_token(invitation.id, invitation.sent_at)}"


def test_a_refused_role_is_said_beside_it_and_the_focus_goes_there(team: Team, open_as: Open, home: str):
    page = open_as(team.founder, f"{home}/members")
    page.evaluate("window.neverReloaded = true")
    row = page.locator(f"#member-{team.founder.user_id}")

    row.get_by_role("combobox").select_option(label="Viewer")
    row.get_by_role("button", name="Change").click()

    expect(row.locator(".error")).to_contain_text("Make somebody else an admin first")
    expect(row.locator("[data-faults]")).to_be_focused()
    expect(row.get_by_role("combobox")).to_have_value("viewer")
    assert page.evaluate("window.neverReloaded") is True
    check_accessibility(page)


def test_inviting_renews_its_part_of_the_page(team: Team, open_as: Open, home: str):
    page = open_as(team.founder, f"{home}/members")
    page.evaluate("window.neverReloaded = true")

    page.get_by_label("E-mail address").fill("ana@customer")
    page.keyboard.press("Enter")
    expect(page.locator("#email-error")).to_contain_text("is not right")
    expect(page.locator("[data-faults]")).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_value("ana@customer")
    page.get_by_label("E-mail address").fill("ana@customer.example")
    page.keyboard.press("Enter")

    expect(page.locator("#said")).to_contain_text("A mail to ana@customer.example is on its way.")
    expect(page.get_by_role("region", name="Invited, not here yet")).to_contain_text("ana@customer.example")
    expect(page.get_by_label("E-mail address")).to_have_value("")
    page.get_by_role("button", name=re.compile("Send again")).click()
    expect(page.get_by_role("region", name="Invited, not here yet")).to_contain_text("less than a minute ago")
    page.get_by_role("button", name=re.compile("Take back")).click()
    expect(page.locator("#said")).to_contain_text("The invitation of ana@customer.example is taken back.")
    expect(page.get_by_role("region", name="Invited, not here yet")).to_have_count(0)
    assert page.evaluate("window.neverReloaded") is True


def test_the_page_that_waits_leads_on_by_itself(team: Team, world: World, open_as: Open):
    ana = world.person("Ana Silva")
    invitation = team.invite(ana.email)
    page = open_as(ana, link_of(invitation))

    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Joining")).to_be_visible()
    invitations.accept(team.id, invitation.id)

    expect(page).to_have_url(re.compile(f"/dashboard/{team.slug}/$"))
    expect(page.locator("#said")).to_contain_text("You are an editor at Northwind Cloud now.")


def test_without_a_script_everybody_gets_in_too(team: Team, world: World, open_as: Open):
    ana = world.person("Ana Silva")
    invitation = team.invite(ana.email)
    page = open_as(ana, link_of(invitation), java_script_enabled=False)

    page.get_by_role("button", name="Accept").click()
    invitations.accept(team.id, invitation.id)

    expect(page).to_have_url(re.compile(f"/dashboard/{team.slug}/$"), timeout=10_000)
