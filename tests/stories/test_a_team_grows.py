"""Somebody is invited, accepts, and acts by the role that they have at that moment; then they are gone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.conftest import OpenBrowser
from tests.stories.steps import newest_mail, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runner")]

MEMBERS = "/dashboard/demo/members"
SOCKETS_END_WITHIN = 5_000
"""Milliseconds after a role has changed."""


def test_a_newcomer_is_invited_accepts_and_acts_by_their_role(open_browser: OpenBrowser) -> None:
    mara, nina = open_browser(), open_browser()
    sign_in(mara, "mara@northwind.example")
    invite(mara, "nina@newcomer.example", "Editor")
    mail = newest_mail(nina, "nina@newcomer.example", "invites you")

    link = mail.locator("a[href*='/invitations/']").first.get_attribute("href")
    assert link is not None
    nina.goto(link)
    expect(nina.get_by_role("heading", name=re.compile("Join"))).to_be_visible()
    sign_in_with_another_account(nina, "eve@newcomer.example")
    expect(nina.get_by_role("heading", name="This invitation is for another account")).to_be_visible()
    nina.get_by_role("button", name="Use another Google account").click()
    choose_account(nina, "nina@newcomer.example")
    nina.get_by_role("button", name="Accept").click()

    expect(nina).to_have_url(re.compile("/dashboard/demo/$"))
    expect(nina.get_by_text("You are an editor at")).to_be_visible()
    expect(nina.get_by_role("link", name="Report incident").first).to_be_visible()
    expect(nina.get_by_role("navigation", name="Main").get_by_role("link", name="Members")).to_have_count(0)
    expect(nina.locator("[data-live]")).to_have_attribute("data-live", "connected")

    mara.goto(MEMBERS)
    row = mara.locator("tr", has_text="nina@newcomer.example")
    row.get_by_role("combobox").select_option(label="Viewer")
    row.get_by_role("button", name=re.compile("Change")).click()
    expect(mara.get_by_text(re.compile("is a viewer now"))).to_be_visible()

    expect(nina.locator("[data-live]")).to_have_attribute("data-live", "offline", timeout=SOCKETS_END_WITHIN)
    nina.reload()
    expect(nina.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    expect(nina.get_by_role("link", name="Report incident")).to_have_count(0)
    expect(nina.locator("[data-live]")).to_have_attribute("data-live", "connected")

    row.get_by_role("link", name=re.compile("Remove")).click()
    mara.get_by_role("button", name="Remove").click()
    expect(mara.get_by_text(re.compile("does not belong to your organization any more"))).to_be_visible()

    expect(nina.locator("[data-live]")).to_have_attribute("data-live", "offline", timeout=SOCKETS_END_WITHIN)
    nina.reload()
    expect(nina.get_by_role("heading", name="There is no page here")).to_be_visible()
    nina.goto(link)
    expect(nina.get_by_role("heading", name="This invitation was used already")).to_be_visible()


def invite(page: Page, address: str, role: str) -> None:
    page.goto(MEMBERS)
    form = page.get_by_role("region", name="Invite somebody")
    form.get_by_label("E-mail address").fill(address)
    form.get_by_label("Role").select_option(label=role)
    form.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text(f"A mail to {address} is on its way.")).to_be_visible()
    expect(page.get_by_role("region", name="Invited, not here yet").get_by_text(address).first).to_be_visible()


def sign_in_with_another_account(page: Page, address: str) -> None:
    page.get_by_role("button", name="Continue with Google").click()
    choose_account(page, address)


def choose_account(page: Page, address: str) -> None:
    page.get_by_label("Or anybody else, by e-mail address").fill(address)
    page.get_by_role("button", name="Sign in").click()
