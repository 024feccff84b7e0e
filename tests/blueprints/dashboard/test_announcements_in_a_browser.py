"""Announcements as somebody writes them: with a preview, with htmx, and read live by visitors."""

import re

from playwright.sync_api import expect

from tests.blueprints.conftest import Open
from tests.builders import Team


def test_one_is_written_with_a_preview_and_refused_and_announced(team: Team, open_as: Open, home: str):
    page = open_as(team.founder, f"{home}/announcements/new")

    page.locator("#message").press_sequentially("We answer on **Friday**.")
    expect(page.locator("#preview strong")).to_have_text("Friday")
    page.get_by_role("button", name="Announce").click()
    expect(page.locator("#title-error")).to_contain_text("Say in a few words")
    expect(page.locator("[data-faults], #title").first).to_be_focused()
    expect(page.locator("#message")).to_have_value("We answer on **Friday**.")
    page.locator("#title").fill("Support is closed")
    page.get_by_role("button", name="Announce").click()

    page.wait_for_url(re.compile(r"/announcements/[0-9a-f-]{36}$"))
    expect(page.locator("#said")).to_have_text("It is on your page.")
    expect(page.locator(".announcement h2")).to_have_text("Support is closed")
