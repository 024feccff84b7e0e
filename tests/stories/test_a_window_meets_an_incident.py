"""A maintenance that begins and ends by the clock, and meets an incident on its way."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from app.web.local_times import write_local_time
from tests.stories.steps import (
    add_service,
    arrived_mail,
    make_organization,
    post_update,
    report,
    sign_in,
    subscribe,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runner")]


def test_a_window_starts_meets_an_incident_and_ends(member: Page, visitor: Page) -> None:
    sign_in(member, "kim@fabrikam.example")
    make_organization(member, "Fabrikam Storage", "fabrikam-storage")
    add_service(member, "Buckets")
    subscribe(visitor, "/fabrikam-storage", "reader@fabrikam.example")
    visitor.goto("/fabrikam-storage")
    expect(visitor.locator("[data-live]")).to_have_attribute("data-live", "connected")
    happening = visitor.get_by_role("region", name="Happening now")
    services = visitor.locator("#services")

    plan(member, "Move the buckets", "Buckets", "Uploads take **longer**.")

    expect(happening.get_by_role("link", name="Move the buckets")).to_be_visible()
    expect(services.get_by_text("Under maintenance")).to_be_visible()
    arrived_mail(visitor, "reader@fabrikam.example", "Maintenance has started: Move the buckets")

    report(member, "Uploads fail", "Buckets", "Half of the uploads fail.")
    expect(services.get_by_text("Partial outage")).to_be_visible()
    expect(happening.get_by_role("link", name="Move the buckets")).to_be_visible()
    post_update(member, "Resolved", "Uploads work again.")
    expect(services.get_by_text("Under maintenance")).to_be_visible()

    end_soon(member, "Move the buckets")
    expect(visitor.get_by_role("heading", name="All systems operational")).to_be_visible(timeout=20_000)
    past = visitor.locator("#past")
    expect(past.get_by_role("link", name="Move the buckets")).to_be_visible()
    expect(past.get_by_role("link", name="Uploads fail")).to_be_visible()
    past.get_by_role("link", name="Move the buckets").click()
    expect(visitor.get_by_text("The work is complete.")).to_be_visible()
    expect(visitor.get_by_text("The work has begun.")).to_be_visible()
    calendar = visitor.request.get("/fabrikam-storage/maintenance.ics").text()
    assert "SUMMARY:Move the buckets" in calendar
    arrived_mail(visitor, "reader@fabrikam.example", "Maintenance completed: Move the buckets")


def plan(page: Page, title: str, service: str, message: str) -> None:
    """Schedule what begins at once: its minute has begun already, so the clock starts it in its next round."""
    open_maintenance(page)
    page.get_by_role("link", name="Schedule maintenance").first.click()
    page.get_by_label("What will be done?").fill(title)
    now = datetime.now(UTC)
    page.get_by_label("Starts").fill(write_local_time(now, zone_of(page)))
    page.get_by_label("Ends").fill(write_local_time(now + timedelta(hours=2), zone_of(page)))
    page.get_by_label(service).check()
    page.get_by_label("Message").fill(message)
    page.get_by_role("button", name="Schedule").click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def end_soon(page: Page, title: str) -> None:
    """Move the end to a few seconds from now; to the second, which the field of a browser would not take."""
    open_maintenance(page)
    page.get_by_role("link", name=title).click()
    page.get_by_role("link", name="Edit", exact=True).first.click()
    ends = page.get_by_label("Ends")
    ends.evaluate("field => field.type = 'text'")
    soon = (datetime.now(UTC) + timedelta(seconds=4)).astimezone(zone_of(page))
    ends.fill(f"{soon:%Y-%m-%dT%H:%M:%S}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#said")).to_contain_text("The maintenance is changed.")


def open_maintenance(page: Page) -> None:
    """By the rail, where the link's name also says how many are to come: "Maintenance 2"."""
    page.goto("/dashboard")
    page.get_by_role("navigation").get_by_role("link", name=re.compile("^Maintenance")).click()


def zone_of(page: Page) -> ZoneInfo:
    """The zone that the form names for its times."""
    named = re.search(r"Times in ([^\s(]+)", page.locator("#when legend").inner_text())
    assert named is not None
    return ZoneInfo(named[1])
