"""Where no script runs, visitors read everything and are told, and an editor reports an incident and resolves it."""

import re

import pytest
from playwright.sync_api import expect

from app.organizations.rules import Role
from tests.blueprints.conftest import Open, address, open_as, served  # noqa: F401 -- fixtures
from tests.blueprints.public.conftest import Mailbox, mailbox  # noqa: F401
from tests.builders import Team


def test_a_visitor_needs_no_script(
    team: Team,
    open_as: Open,  # noqa: F811
    mailbox: Mailbox,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.web.stamps.RIPE_SECONDS", 0)  # how long a person takes at least
    api = team.service("API")
    team.service("Web")
    team.resolve(team.incident("Logins fail", affects={api: "partial_outage"}))
    page = open_as(None, f"/{team.slug}", java_script_enabled=False)

    page.get_by_role("link", name="API", exact=True).click()
    today = page.get_by_role("region", name="Day by day").get_by_role("row").nth(1)
    expect(today).to_contain_text("Partial outage")
    page.get_by_role("link", name="Current status").first.click()
    page.get_by_role("link", name="Full history").click()
    expect(page.get_by_role("link", name="Logins fail").first).to_be_visible()

    page.get_by_role("link", name="Current status").first.click()
    page.get_by_label("E-mail address").fill("ada@customer.example")
    page.get_by_role("button", name="Subscribe").click()
    typed = page.get_by_label("E-mail address").bounding_box()
    assert typed is not None
    assert typed["width"] > 150, "What was typed can be read"
    page.get_by_role("button", name="Yes, subscribe").click()
    expect(page.get_by_text("Check your inbox")).to_be_visible()
    (mail,) = mailbox.receive()
    page.goto(mailbox.link(mail, "subscribe/confirm"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
    page.get_by_role("link", name="choose services").click()
    page.get_by_label("Only these").check()
    page.get_by_label("API", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("API", exact=True)).not_to_be_checked()
    page.get_by_role("link", name="Unsubscribe").click()
    page.get_by_role("button", name="Unsubscribe", exact=True).click()

    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()


def test_an_editor_needs_no_script(team: Team, open_as: Open) -> None:  # noqa: F811
    api = team.service("API")
    page = open_as(team.member(Role.EDITOR), f"/dashboard/{team.slug}/", java_script_enabled=False)

    page.get_by_role("link", name="Report incident").first.click()
    page.get_by_label("What is wrong?").fill("Logins fail")
    page.get_by_label("Impact").select_option("major")
    page.get_by_label("Add a service").select_option(label="API")
    page.get_by_role("button", name="Update suggestions and preview").click()
    page.get_by_role("textbox", name="Message").fill("We look into it.")
    page.get_by_role("button", name="Publish incident").click()
    expect(page.locator("#said")).to_contain_text("The incident is on your page.")
    assert team.status_of(api) == "partial_outage"
    page.get_by_role("radio", name="Resolved").check(force=True)
    page.get_by_role("textbox", name="Message").fill("It works again.")
    page.get_by_role("button", name=re.compile("Post update|Resolve")).click()

    expect(page.locator(".timeline")).to_contain_text("It works again.")
    assert team.status_of(api) == "operational"
