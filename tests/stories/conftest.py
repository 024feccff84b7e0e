"""The processes of `make run`, and people who look at them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.chromium import Tabs
from tests.running import Run

LIVE_MILLISECONDS = 10_000
"""Far more than it takes; how fast it is, `bench/` measures."""

OpenBrowser = Callable[[], Page]


@pytest.fixture
def open_browser(tabs: Tabs, run: Run) -> Iterator[OpenBrowser]:
    """Gives somebody a browser of their own. Faults that a page reports fail the test."""
    faults: list[str] = []

    def note(text: str) -> None:
        if "Content Security Policy" in text:
            faults.append(text)

    def open_page() -> Page:
        page = tabs.lend(
            run.base,
            {
                "pageerror": lambda error: faults.append(str(error)),
                "console": lambda message: note(message.text),
            },
        )
        page.set_default_timeout(LIVE_MILLISECONDS)
        return page

    yield open_page
    assert faults == []


@pytest.fixture
def member(open_browser: OpenBrowser) -> Page:
    return open_browser()


@pytest.fixture
def visitor(open_browser: OpenBrowser) -> Page:
    return open_browser()
