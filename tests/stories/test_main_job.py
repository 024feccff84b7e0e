"""The main job, from end to end: the processes of `make run`, a member's browser and a visitor's."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.conftest import OpenBrowser
from tests.stories.steps import (
    add_service,
    arrived_mail,
    make_organization,
    newest_mail,
    post_update,
    report,
    sign_in,
    subscribe,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runner")]


def test_a_team_reports_an_incident_and_everybody_knows_at_once(member: Page, visitor: Page) -> None:
    sign_in(member, "ana@contoso.example")
    make_organization(member, "Contoso Mail", "contoso-mail")
    add_service(member, "Inbox")
    subscribe(visitor, "/contoso-mail", "reader@customer.example")
    visitor.goto("/contoso-mail")
    expect(visitor.locator("[data-live]")).to_have_attribute("data-live", "connected")
    expect(visitor.get_by_role("heading", name="All systems operational")).to_be_visible()
    visitor.evaluate("window.neverReloaded = true")

    report(member, "Mails arrive late", "Inbox", "Mails wait for up to **ten minutes**.")

    happening = visitor.get_by_role("region", name="Happening now")
    expect(happening.get_by_role("link", name="Mails arrive late")).to_be_visible()
    expect(visitor.locator("#services").get_by_text("Partial outage").first).to_be_visible()
    expect(visitor).to_have_title(re.compile("partial outage", re.IGNORECASE))
    mail = newest_mail(visitor, "reader@customer.example", "Investigating: Mails arrive late")
    expect(mail.get_by_text("Mails wait for up to ten minutes.")).to_be_visible()
    mail.close()
    reader = visitor.context.new_page()
    reader.goto(visitor.get_by_role("link", name="Mails arrive late").first.get_attribute("href") or "")
    expect(reader.locator("[data-live]")).to_have_attribute("data-live", "connected")
    follow = reader.get_by_label("E-mail address")
    follow.fill("half typed")

    post_update(member, "Identified", "A queue is stuck. We are moving it.")

    expect(happening.get_by_text("A queue is stuck.")).to_be_visible()
    expect(reader.locator("#updates").get_by_text("A queue is stuck.")).to_be_visible()
    expect(reader.locator("#announcement")).to_have_text("Identified: A queue is stuck. We are moving it.")
    expect(follow).to_be_focused()
    expect(follow).to_have_value("half typed")
    arrived_mail(visitor, "reader@customer.example", "Identified: Mails arrive late")

    post_update(member, "Resolved", "All mails are delivered.")

    expect(reader.get_by_text("Resolved after")).to_be_visible()
    expect(reader.locator("#favicon")).to_have_attribute("href", re.compile("operational"))
    reader.close()
    expect(visitor.get_by_role("heading", name="All systems operational")).to_be_visible()
    assert visitor.evaluate("window.neverReloaded") is True
    arrived_mail(visitor, "reader@customer.example", "Resolved: Mails arrive late")
    expect(visitor.locator("#past").get_by_role("link", name="Mails arrive late")).to_be_visible()
    today = visitor.get_by_role("slider", name=re.compile("Inbox"))
    expect(today).to_have_attribute("aria-valuetext", re.compile("partial outage", re.IGNORECASE))
    member.goto("/dashboard/contoso-mail")
    heatmap = member.get_by_role("slider", name=re.compile("Inbox"))
    expect(heatmap).to_have_attribute("aria-valuetext", re.compile("partial outage", re.IGNORECASE))


def test_an_open_overview_follows_and_ends_with_its_session(open_browser: OpenBrowser) -> None:
    colleague, at_home, elsewhere = open_browser(), open_browser(), open_browser()
    sign_in(colleague, "jonas@northwind.example")
    sign_in(at_home, "mara@northwind.example")
    sign_in(elsewhere, "mara@northwind.example")
    expect(elsewhere.locator("[data-live]")).to_have_attribute("data-live", "connected")

    report(colleague, "Search finds nothing", "API", "We look into it.")
    attention = elsewhere.locator("#attention")
    expect(attention.get_by_role("link", name="Search finds nothing", exact=True)).to_be_visible()
    at_home.goto("/dashboard/demo/account")
    at_home.get_by_role("button", name=re.compile("everywhere", re.IGNORECASE)).click()

    expect(elsewhere.locator("[data-live]")).to_have_attribute("data-live", "offline")
    elsewhere.reload()
    expect(elsewhere.get_by_role("button", name="Continue with Google")).to_be_visible()
