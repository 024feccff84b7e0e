"""`check_accessibility` itself: what it must not overlook."""

import pytest
from playwright.sync_api import Page

from tests.accessibility import check_accessibility, check_documents
from tests.chromium import Tabs

SOUND = """<!doctype html><html lang="en"><head><title>Sound</title><meta name="viewport" content="width=device-width">
<style>button { display: none; height: 40px } %s</style></head>
<body><main><h1>Sound</h1><p>Nothing is wrong here.</p><button></button></main></body></html>"""


@pytest.fixture
def page(tabs: Tabs) -> Page:
    return tabs.lend("http://localhost", viewport={"width": 1000, "height": 700})


def test_a_sound_page_passes_and_gets_its_window_back(page: Page) -> None:
    page.set_content(SOUND % "")

    check_accessibility(page)

    assert page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [1000, False]


FAULTS = [
    ("@media (prefers-color-scheme: dark) { p { color: #777; background: #666 } }", "390 dark: color-contrast"),
    ("@media (prefers-color-scheme: light) and (max-width: 400px) { p { color: #ddd } }", "390 light: color-contrast"),
    ("@media (prefers-color-scheme: dark) and (min-width: 400px) { p { color: #ddd } }", "1280 dark: color-contrast"),
    ("@media (min-width: 400px) { main { background: #333 } }", "1280 light: color-contrast"),
    ("@media (min-width: 400px) { button { display: block } }", "1280 light: button-name"),
    ("@media (max-width: 400px) { button { display: block } }", "390 light: button-name"),
    ("p { min-width: 350px }", "320: wider than the window"),
    ("@media (min-width: 2000px) { p { width: 3000px } }", "2560: wider than the window"),
]


@pytest.mark.parametrize(("style", "finding"), FAULTS)
def test_a_fault_is_found_in_whichever_look_it_shows(page: Page, style: str, finding: str) -> None:
    page.set_content(SOUND % style)

    with pytest.raises(AssertionError) as found:
        check_accessibility(page)

    assert finding in str(found.value)


def test_of_many_documents_the_faulty_one_is_named(tabs: Tabs) -> None:
    page = tabs.lend("http://localhost", bypass_csp=True)
    documents = {"sound": SOUND % "", "grey": SOUND % "main { background: #333 }", "sound again": SOUND % ""}

    with pytest.raises(AssertionError) as found:
        check_documents(page, documents)

    assert {line.split(": ")[1] for line in str(found.value).splitlines() if "color-contrast" in line} == {"grey"}


def test_what_only_a_width_shows_is_looked_at_in_each_document(tabs: Tabs) -> None:
    page = tabs.lend("http://localhost", bypass_csp=True)
    documents = {"sound": SOUND % "", "nameless": SOUND % "@media (min-width: 400px) { button { display: block } }"}

    with pytest.raises(AssertionError, match="1280 light: nameless: button-name"):
        check_documents(page, documents)
