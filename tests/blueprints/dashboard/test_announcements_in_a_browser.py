"""Announcements as somebody writes them: with a preview, with htmx, and read live by visitors."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from app.announcements import actions
from app.announcements.actions import AnnouncementDetails
from tests.accessibility import check_accessibility
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


def test_everybody_can_use_each_page_in_both_themes_wide_and_narrow(team: Team, open_as: Open, home: str):
    team.subscriber()
    long = "Support is closed on the twenty-sixth, and so is the office, the shop and everything else of it"
    shown = team.announcement(long, "Write to **us** as usual: [mail](mailto:a@x.example).", lasts=timedelta(days=1))
    team.announcement("Please change your keys", level="warning")
    team.announcement("Prices rise", "- one\n- two", level="critical")
    coming = team.announcement("To come", begins_in=timedelta(days=3))
    actions.edit_announcement(
        shown.id, AnnouncementDetails("Support is closed", ends_at=shown.ends_at), by=team.actor()
    )
    past = team.announcement("Past")
    actions.end_announcement(past.id, by=team.actor())
    page = open_as(team.founder, "/northwind")

    check_accessibility(page)
    for path in (
        "",
        "/new",
        f"/{shown.id}",
        f"/{shown.id}/edit",
        f"/{coming.id}/edit",
        f"/{past.id}",
        f"/{shown.id}/remove",
    ):
        check_accessibility(page, f"{home}/announcements{path}")
