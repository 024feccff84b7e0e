"""The pages in a real browser: accessible in both themes, wide and narrow; the strip of days as one control."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.accessibility import check_documents
from tests.chromium import Tabs
from tests.templates.preview import ERROR_KINDS, STATES
from tests.templates.scenes import BACKUPS, ERRORS, NETWORK, SCENES, SLOW, TROUBLE, number

pytestmark = pytest.mark.browser

PAGES = [
    *(scene for scene in SCENES if scene != "many"),
    f"trouble/incidents/{ERRORS.id}",
    f"trouble/incidents/{SLOW.id}",
    *(f"trouble/maintenance/{one.id}" for one in (NETWORK, BACKUPS)),
    f"trouble/services/{next(TROUBLE.services).id}",
    *(f"trouble/state/{state}" for state in STATES),
    *(f"errors/{kind}" for kind in ERROR_KINDS if kind != "too-many"),
    "dashboard",
    "dashboard/form",
]
NOT_SERVED_HERE = re.compile(r"/live\b|/fragments\b|/subscribe/stamp\b|htmx:ws:error")
"""The preview has no socket; that it is missed is not a fault of the page."""


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def page(tabs: Tabs, preview_url: str, faults: list[str]) -> Iterator[Page]:
    def note(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not NOT_SERVED_HERE.search(said.text + said.location["url"]):
            faults.append(said.text)

    yield tabs.lend(preview_url, {"pageerror": lambda error: faults.append(str(error)), "console": note})
    assert faults == []


def test_everybody_can_use_each_page_in_both_themes_wide_and_narrow(
    tabs: Tabs, preview: FlaskClient, preview_url: str
) -> None:
    page = tabs.lend(preview_url, bypass_csp=True)
    page.goto("trouble")

    check_documents(page, {path: preview.get(path).text for path in PAGES})


def test_arrows_move_along_the_strip_and_say_the_day(page: Page) -> None:
    page.goto("trouble")
    strip = page.get_by_role("slider", name="Object storage, day by day")
    strip.focus()

    page.keyboard.press("Home")
    expect(strip).to_have_attribute("aria-valuenow", "1")
    for key in ["PageUp", "PageUp", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowRight"]:
        page.keyboard.press(key)

    expect(strip).to_have_attribute("aria-valuenow", "20")
    expect(strip).to_have_attribute("aria-valuetext", "Saturday 12 September: major outage")
    page.keyboard.press("End")
    expect(strip).to_have_attribute("aria-valuetext", "Today: operational")


def test_the_detail_of_a_day_can_be_reached_and_left_by_keyboard(page: Page) -> None:
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    detail = page.get_by_role("dialog")
    strip.focus()

    page.keyboard.press("Enter")
    expect(detail).to_be_focused()
    expect(detail).to_contain_text("1 h 12 min")
    page.keyboard.press("Tab")
    expect(detail.get_by_role("link")).to_be_focused()
    page.keyboard.press("Escape")

    expect(detail).to_be_hidden()
    expect(strip).to_be_focused()


def test_hovering_shows_a_day_and_the_pointer_can_go_over_to_it(page: Page) -> None:
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    strip.scroll_into_view_if_needed()
    detail = page.locator("#day-detail")
    box = strip.bounding_box()
    assert box

    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 10)
    expect(detail).to_contain_text("1 h 12 min")
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] + 30, steps=4)
    detail.get_by_role("link").hover()
    expect(detail).to_be_visible()
    page.mouse.move(2, 2)

    expect(detail).to_be_hidden()


def test_a_click_pins_the_day_until_something_else_is_clicked(page: Page) -> None:
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    detail = page.locator("#day-detail")

    strip.click()
    page.mouse.move(2, 2)
    page.get_by_role("heading", name="Services").hover()
    expect(detail).to_be_visible()
    page.get_by_role("heading", name="Services").click()

    expect(detail).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_day_is_opened_outside_of_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    detail = page.locator("#day-detail")
    strip.focus()

    for key in ("Home", "End"):
        page.keyboard.press(key)
        expect(detail).to_be_visible()
        box = detail.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_narrow_window_shows_thirty_days_and_stops_there(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    strip.focus()

    page.keyboard.press("Home")

    expect(strip).to_have_attribute("aria-valuenow", "61")
    expect(strip).to_have_attribute("aria-valuemin", "61")
    expect(page.get_by_text("30 days ago").first).to_be_visible()


def test_a_finger_moves_along_the_strip_and_the_day_stays_open(tabs: Tabs, preview_url: str) -> None:
    page = tabs.lend(preview_url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")

    strip.tap(position={"x": 2, "y": 10})

    expect(page.locator("#day-detail")).to_contain_text("No downtime")
    expect(strip).to_have_attribute("aria-valuenow", "61")
    page.get_by_role("heading", name="Services").tap()
    expect(page.locator("#day-detail")).to_be_hidden()


def test_a_day_is_asked_for_once_and_a_sweep_asks_for_none(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/days/" in request.url else None)
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    detail = page.locator("#day-detail")
    strip.focus()

    page.evaluate("""() => {
        const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        for (let day = 0; day < 40; day++) press("ArrowLeft");
        press("End");
    }""")
    expect(detail).to_contain_text("1 h 12 min")
    page.keyboard.press("ArrowLeft")
    expect(detail).to_contain_text("No downtime")
    page.keyboard.press("End")
    expect(detail).to_contain_text("1 h 12 min")

    assert [url.rsplit("/", 1)[1] for url in asked] == ["2026-11-21", "2026-11-20"]


def test_the_dashboards_days_work_the_same(page: Page) -> None:
    page.goto("dashboard")
    strip = page.get_by_role("slider", name="North America, day by day")
    strip.focus()

    for _ in range(21):
        page.keyboard.press("ArrowLeft")

    expect(strip).to_have_attribute("aria-valuetext", "Saturday 31 October: partial outage")
    expect(page.locator("#day-detail")).to_contain_text("47 min")


def test_the_page_says_how_long_ago_and_what_time_it_is_for_the_visitor(chromium: Browser, preview_url: str) -> None:
    context = chromium.new_context(base_url=preview_url, timezone_id="America/New_York")
    page = context.new_page()
    page.clock.install(time="2026-11-21T09:20:30Z")
    page.goto("trouble")
    started = page.locator(".affects").first

    expect(started).to_contain_text("Started Sat 21 Nov, 09:42 · 38 minutes ago")
    started.get_by_role("time").hover()
    title = started.get_by_role("time").get_attribute("title") or ""
    page.clock.run_for(2 * 60_000)

    expect(started).to_contain_text("40 minutes ago")
    page.clock.run_for(42 * 3_600_000)
    expect(started).to_contain_text("1 day ago")
    assert "3:42:00" in title
    context.close()


def test_a_change_of_the_overall_status_reaches_title_icon_and_screen_reader_once(page: Page) -> None:
    page.goto("trouble")
    calm = page.request.get("calm").text()
    overall = calm[calm.index('<div id="overall"') : calm.index('<span class="live"')]
    row = page.locator(f"#service-{number('service', 'Sign-in')}").evaluate("row => row.outerHTML")

    for partials in (
        f'<hx-partial hx-target="#service-{number("service", "Sign-in")}" hx-swap="outerMorph">{row}</hx-partial>',
        f'<hx-partial hx-target="#overall" hx-swap="outerMorph">{overall}</hx-partial>',
    ):
        page.evaluate(
            "text => htmx.swap({sourceElement: document.getElementById('live'), target: '#live', text})", partials
        )

    expect(page).to_have_title("Northwind Cloud status: all systems operational")
    expect(page.locator("#announcement")).to_have_text("Northwind Cloud status: all systems operational")
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile("/operational"))
    expect(page.get_by_role("heading", level=1)).to_have_text("All systems operational")


def test_an_open_day_survives_a_live_change_of_its_row(page: Page) -> None:
    page.goto("trouble")
    strip = page.get_by_role("slider", name="API, day by day")
    strip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#day-detail")).to_contain_text("1 h 12 min")
    row = f"#service-{number('service', 'API')}"
    html = page.request.get("trouble").text()
    fresh = html[html.index(f'<li id="{row[1:]}"') :]
    fresh = fresh[: fresh.index("</li>") + 5]

    page.evaluate(
        "text => htmx.swap({sourceElement: document.getElementById('live'), target: '#live', text})",
        f'<hx-partial hx-target="{row}" hx-swap="outerMorph">{fresh}</hx-partial>',
    )

    expect(page.locator("#day-detail")).to_contain_text("1 h 12 min")
    expect(strip.locator(".chosen")).to_have_count(1)


def test_a_group_that_the_visitor_folded_stays_folded_when_it_changes_live(page: Page) -> None:
    page.goto("trouble")
    html = page.request.get("trouble").text()
    services = html[html.index('<section id="services"') : html.index('<section id="planned"')]
    page.locator("summary", has_text="Platform").click()

    page.evaluate(
        "text => htmx.swap({sourceElement: document.getElementById('live'), target: '#live', text})",
        f'<hx-partial hx-target="#services" hx-swap="outerMorph">{services}</hx-partial>',
    )

    expect(page.get_by_role("link", name="API", exact=True)).to_be_hidden()


def test_a_refused_form_takes_the_focus_to_its_faults(page: Page) -> None:
    page.goto("dashboard/form")

    expect(page.get_by_role("alert")).to_be_focused()


def test_subscribing_stays_on_the_page(page: Page) -> None:
    page.goto("trouble")

    page.get_by_label("E-mail address").fill("ana@customer.example")
    page.get_by_role("button", name="Subscribe").click()

    expect(page.locator("#subscribe [role=status]")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name="try again").click()
    expect(page.get_by_label("E-mail address")).to_have_value("")


def test_a_refused_address_has_the_focus_and_says_why(page: Page, faults: list[str]) -> None:
    page.goto("trouble")

    page.get_by_label("E-mail address").fill("ana@customer")
    page.get_by_role("button", name="Subscribe").click()

    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_accessible_description(re.compile("Write it like"))
    faults.clear()  # the browser writes down that it got a 422


def test_what_was_typed_stays_when_subscribing_is_refused_for_now(page: Page, faults: list[str]) -> None:
    page.goto("trouble")

    page.get_by_label("E-mail address").fill("again@customer.example")
    page.get_by_role("button", name="Subscribe").click()

    expect(page.get_by_role("alert")).to_contain_text("Try again in 12 seconds")
    expect(page.get_by_label("E-mail address")).to_have_value("again@customer.example")
    faults.clear()  # the browser writes down that it got a 429


def test_everything_but_live_changes_is_there_without_a_script(tabs: Tabs, preview_url: str) -> None:
    page = tabs.lend(preview_url, java_script_enabled=False)
    page.goto("trouble")

    expect(page.locator(".live")).to_be_hidden()
    page.get_by_role("link", name="API", exact=True).click()
    expect(page.get_by_role("region", name="Day by day").get_by_role("row")).to_have_count(91)
    page.go_back()
    page.get_by_label("E-mail address").fill("ana@customer.example")
    page.get_by_role("button", name="Subscribe").click()

    expect(page.get_by_text("Check your inbox")).to_be_visible()


def test_the_rail_opens_as_a_menu_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("dashboard")
    link = page.get_by_role("link", name="Subscribers")
    expect(link).to_be_hidden()

    page.get_by_role("button", name="Menu").click()

    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_whoever_wants_less_motion_gets_none(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("dashboard")

    durations = page.evaluate("""() => [...document.querySelectorAll("*")].flatMap((element) =>
        [getComputedStyle(element), getComputedStyle(element, "::before")].map((style) =>
            style.animationDuration + " " + style.transitionDuration))""")

    assert set(durations) == {"0s 0s"}
    page.emulate_media(reduced_motion="no-preference")
