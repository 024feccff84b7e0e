"""The Chromium of this machine for browser tests: one for each test process, and a clear line where there is none."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError

# The headless shell draws no window around a page, which is four fifths of what opening one costs.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_MISSING = "No Chromium on this machine: browser tests were skipped. Install the package 'chromium' to run them."
_VIEWPORT = ViewportSize(width=1280, height=720)

Listeners = Mapping[str, Callable[[Any], object]]
"""What is done at which of a page's events: "pageerror", "console", …"""


def find_chromium() -> str | None:
    """Path of the program, if there is one."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser. One for all: a process can drive Playwright only once. Tests take a page of `tabs`."""
    path = find_chromium()
    if path is None:
        pytest.skip(_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@dataclass
class Tabs:
    """Pages that one test after the other uses: opening a new one costs half a second of CPU, a used one none.

    Each is alone in a context, and comes back without cookies, storage, listeners or a second page. A test that does
    to it what cannot be undone (a clock of its own, a script that runs first) opens a context of `chromium` instead.
    """

    chromium: Browser
    _idle: dict[str, list[Page]] = field(default_factory=lambda: defaultdict(list))
    _lent: list[tuple[str, Page, Listeners]] = field(default_factory=list)

    def lend(
        self,
        base_url: str,
        listeners: Listeners | None = None,
        *,
        viewport: ViewportSize = _VIEWPORT,
        **options: object,
    ) -> Page:
        """A blank page, as somebody new would have it. `options` are those of `Browser.new_context`."""
        kind = repr((base_url, sorted(options.items())))
        idle = self._idle[kind]
        page = idle.pop() if idle else self._new(base_url, options)
        listeners = listeners or {}
        self._lent.append((kind, page, listeners))
        if page.viewport_size != viewport:
            page.set_viewport_size(viewport)
        for event, listener in listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]
        return page

    def _new(self, base_url: str, options: Mapping[str, Any]) -> Page:
        return self.chromium.new_context(base_url=base_url, **options).new_page()

    def take_back(self) -> None:
        """Make all that were lent as good as new."""
        while self._lent:
            kind, page, listeners = self._lent.pop()
            for event, listener in listeners.items():
                page.remove_listener(event, listener)
            try:
                _clean(page, has_scripts="java_script_enabled" not in kind)
            except PlaywrightError:  # it crashed, or its test closed it
                page.context.close()
            else:
                self._idle[kind].append(page)


def _clean(page: Page, *, has_scripts: bool) -> None:
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    if has_scripts and page.url.startswith("http"):
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    context.set_offline(False)
    page.goto("about:blank")
    context.clear_cookies()
    context.clear_permissions()


@pytest.fixture(scope="session")
def all_tabs(chromium: Browser) -> Tabs:
    return Tabs(chromium)


@pytest.fixture
def tabs(all_tabs: Tabs) -> Iterator[Tabs]:
    """Pages for as long as the test lasts."""
    yield all_tabs
    all_tabs.take_back()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m "not browser"` leaves out whatever needs the browser, directly or not."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it once, where everybody looks, however many tests it concerns."""
    if find_chromium() is None:
        terminalreporter.write_line(_MISSING)
