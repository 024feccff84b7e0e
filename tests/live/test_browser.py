"""What people see of it: a page as ours are, in a real browser, under the strict policy."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect
from playwright.sync_api import Page as Tab

from tests.chromium import Tabs
from tests.live.conftest import Page, Server

FORM = (
    '<section id="overall"><h1>{headline}</h1><details {fold}><summary>Platform</summary><p>inside</p></details>'
    '<label>Name <input id="name"></label><i role="slider" tabindex="0" id="strip" data-day="{headline}"></i></section>'
)


def form(headline: str) -> dict[str, str]:
    return {"overall": FORM.format(headline=headline, fold="open")}


@dataclass
class Visit:
    """One tab on one page, and what went wrong in it."""

    tab: Tab
    page: Page
    faults: list[str]

    def shows(self, headline: str) -> None:
        expect(self.tab.locator("h1")).to_have_text(headline)

    def says(self, state: str, words: str | re.Pattern[str]) -> None:
        sign = self.tab.locator(".live")
        expect(sign).to_have_attribute("data-live", state, timeout=10_000)
        expect(sign).to_have_text(words)

    def remember_signs(self) -> None:
        """From now on each state of the sign is kept: some of them are over sooner than a busy machine looks."""
        self.tab.evaluate("""() => {
            const root = document.documentElement;
            root.dataset.said = "";
            new MutationObserver(() => {
                const sign = document.querySelector(".live");
                root.dataset.said += `${sign.dataset.live}: ${sign.textContent.trim()}\\n`;
            }).observe(document.body, {attributeFilter: ["data-live"], childList: true, subtree: true});
        }""")

    def has_said(self, state: str, words: str) -> None:
        said = re.compile(f"^{state}: {words}$", re.MULTILINE)
        expect(self.tab.locator("html")).to_have_attribute("data-said", said, timeout=10_000)


@pytest.fixture
def visit(server: Server, page: Page, tabs: Tabs) -> Visit:
    """A visitor who is about to come; `tab.goto` is the test's own."""
    page.is_now(parts=form("fine"))
    faults: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            faults.append(said.text)

    tab = tabs.lend(server.url, {"pageerror": lambda error: faults.append(str(error)), "console": note})
    return Visit(tab, page, faults)


@pytest.fixture
def live_visit(visit: Visit) -> Visit:
    """A visitor whose page is live."""
    visit.tab.goto(f"/{visit.page.name}/page")
    visit.says("connected", "Live")
    return visit


def test_a_change_appears_without_a_reload_and_without_a_fault(live_visit: Visit) -> None:
    live_visit.page.changes(revision=2, parts=form("bad"))

    live_visit.shows("bad")
    assert live_visit.faults == []


def test_a_change_takes_nothing_from_the_visitors_hands(live_visit: Visit) -> None:
    tab = live_visit.tab
    tab.locator("summary").click()
    tab.locator("#name").fill("typed")

    live_visit.page.changes(revision=2, parts=form("bad"))

    live_visit.shows("bad")
    assert tab.locator("details").get_attribute("open") is None
    expect(tab.locator("#name")).to_be_focused()
    expect(tab.locator("#name")).to_have_value("typed")


def test_a_focused_strip_keeps_the_focus(live_visit: Visit) -> None:
    live_visit.tab.locator("#strip").focus()

    live_visit.page.changes(revision=2, parts=form("bad"))

    live_visit.shows("bad")
    expect(live_visit.tab.locator("#strip")).to_be_focused()
    expect(live_visit.tab.locator("#strip")).to_have_attribute("data-day", "bad")


def test_a_line_that_comes_back_brings_what_was_missed(live_visit: Visit) -> None:
    live_visit.remember_signs()
    live_visit.page.is_now(close=1001, is_barred=True)
    live_visit.has_said("reconnecting", "Reconnecting")

    live_visit.page.is_now(revision=2, parts=form("bad"), is_barred=False)

    live_visit.says("connected", "Live")
    live_visit.shows("bad")


def test_where_no_socket_gets_through_the_page_asks_and_says_so(visit: Visit) -> None:
    visit.page.is_now(is_barred=True)
    visit.tab.goto(f"/{visit.page.name}/page")
    visit.page.changes(revision=2, parts=form("bad"))

    visit.says("polling", re.compile(r"^Checked \d\d:\d\d$"))
    visit.shows("bad")


def test_polling_ends_when_a_socket_gets_through(visit: Visit) -> None:
    visit.page.is_now(is_barred=True)
    visit.tab.goto(f"/{visit.page.name}/page")
    visit.says("polling", re.compile("^Checked"))

    visit.page.is_now(is_barred=False)

    visit.says("connected", "Live")


def test_a_browser_without_network_says_since_when(live_visit: Visit) -> None:
    live_visit.tab.context.set_offline(True)

    live_visit.says("offline", re.compile(r"^Offline, last update \d\d:\d\d$"))


def test_a_browser_that_is_back_online_connects_at_once_and_catches_up(live_visit: Visit) -> None:
    live_visit.tab.context.set_offline(True)
    live_visit.says("offline", re.compile("^Offline"))
    live_visit.page.is_now(close=1001)
    live_visit.page.changes(revision=2, parts=form("bad"))

    live_visit.tab.context.set_offline(False)

    live_visit.says("connected", "Live")
    live_visit.shows("bad")


def test_a_line_that_died_silently_is_noticed(chromium: Browser, server: Server, page: Page) -> None:
    page.is_now(parts=form("fine"))
    with chromium.new_context(base_url=server.url) as context:
        visit = Visit(context.new_page(), page, [])
        opened: list[str] = []
        visit.tab.on("websocket", lambda socket: opened.append(socket.url))
        visit.tab.clock.install()
        visit.tab.goto(f"/{visit.page.name}/page")
        visit.says("connected", "Live")

        with visit.tab.expect_websocket():
            visit.tab.clock.fast_forward(120_000)

        visit.says("connected", "Live")
        assert len(opened) == 2


def test_who_may_not_listen_any_more_is_told(live_visit: Visit) -> None:
    live_visit.page.is_now(close=1008)

    live_visit.says("offline", "Updates have ended. Reload the page.")


def test_a_page_comes_back_with_the_revision_that_it_shows(live_visit: Visit) -> None:
    live_visit.page.changes(revision=2, parts=form("bad"))
    live_visit.shows("bad")

    with live_visit.tab.expect_websocket() as opened:
        live_visit.page.is_now(close=1001)

    assert opened.value.url.endswith("?revision=2&until=0")


def test_a_page_comes_back_with_the_day_that_it_shows(live_visit: Visit) -> None:
    today = live_visit.page.changes(revision=2, day_seconds=86_400)["day"]
    live_visit.page.changes(revision=3, parts=form("bad"))
    live_visit.shows("bad")

    with live_visit.tab.expect_websocket() as opened:
        live_visit.page.is_now(close=1001)

    assert opened.value.url.endswith(f"?revision=3&until={(today + 1) * 86_400}")
