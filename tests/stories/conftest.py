"""The processes of `make run`, and people who look at them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.running import Run

LIVE_MILLISECONDS = 10_000
"""Far more than it takes; how fast it is, `bench/` measures."""

OpenBrowser = Callable[[], Page]


@pytest.fixture
def open_browser(chromium: Browser, run: Run) -> Iterator[OpenBrowser]:
    """Gives somebody a browser of their own. Faults that a page reports fail the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def note(text: str) -> None:
        if "Content Security Policy" in text:
            faults.append(text)

    def open_page() -> Page:
        context = chromium.new_context(base_url=run.base)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LIVE_MILLISECONDS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: note(message.text))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def member(open_browser: OpenBrowser) -> Page:
    return open_browser()


@pytest.fixture
def visitor(open_browser: OpenBrowser) -> Page:
    return open_browser()
