"""A visitor has their browser told: the button, the worker that it installs, and what stands there on the next visit.

The push service behind the browser is stood in for: a test's browser has none. The rest is real.
"""

from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.database.scope import organization_scope
from app.push.models import PushEndpoint
from tests.builders import Team
from tests.fakes.push import FakeBrowser

ORIGIN = "http://127.0.0.1:9"

STAND_IN = """
const sent = %s;
const held = () => sessionStorage.getItem("push")
    ? { endpoint: sent.endpoint, toJSON: () => sent, unsubscribe: async () => sessionStorage.removeItem("push") }
    : null;
Object.defineProperty(Notification, "permission", { get: () => "granted" }); // a shell without windows shows none
PushManager.prototype.getSubscription = async () => held();
PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 87) throw new Error("asked wrongly");
    sessionStorage.setItem("push", "yes");
    return held();
};
"""


@pytest.fixture
def visitor(app: Flask, chromium: Browser, address: str, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A tab whose push service is on this machine."""
    settings = replace(app.extensions["upfront.settings"], push_services=(ORIGIN,))
    monkeypatch.setitem(app.extensions, "upfront.settings", settings)
    context = chromium.new_context(base_url=address, permissions=["notifications"])
    subscription = app.json.dumps(FakeBrowser(ORIGIN, "ada").subscription())
    context.add_init_script(STAND_IN % subscription)
    return context.new_page()


def test_a_visitor_starts_finds_it_so_again_and_stops(team: Team, visitor: Page):
    def is_known() -> bool:
        with organization_scope(team.actor(), read_only=True) as scope:
            return scope.session.query(PushEndpoint).count() > 0

    team.service("API")
    visitor.goto("/northwind")
    box = visitor.locator("#push")
    box.locator("summary").click()
    for kind in ("Incidents", "Maintenance", "Announcements"):
        box.get_by_label(kind).uncheck()
    expect(box.get_by_label("API")).to_be_disabled()
    box.get_by_role("button", name="Notify me").last.click()
    expect(box.get_by_text("Choose at least one kind of news")).to_be_visible()
    assert not is_known()
    box.get_by_label("Maintenance").check()
    box.get_by_role("button", name="Notify me").last.click()
    expect(box.get_by_text("This browser is told")).to_be_visible()
    assert is_known()

    visitor.reload()
    expect(box.get_by_text("This browser is told")).to_be_visible()
    box.get_by_role("link", name="Choose what it hears of").click()
    expect(visitor.locator("main")).to_contain_text("A browser is told of what is ticked here")
    expect(visitor.get_by_label("Maintenance")).to_be_checked()
    expect(visitor.get_by_label("Incidents")).not_to_be_checked()

    visitor.go_back()
    box.get_by_role("button", name="Stop").click()
    expect(box.get_by_role("button", name="Notify me").first).to_be_visible()
    assert not is_known()
    visitor.context.close()
