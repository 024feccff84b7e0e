"""Two people write about one incident at once: the second is told, keeps what was typed, and decides."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.stories.conftest import OpenBrowser
from tests.stories.steps import post_update, report, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runner")]


def test_two_editors_at_once_lose_nothing(open_browser: OpenBrowser) -> None:
    mara, jonas = open_browser(), open_browser()
    sign_in(mara, "mara@northwind.example")
    sign_in(jonas, "jonas@northwind.example")
    report(mara, "Search is slow", "API", "We look into it.")
    jonas.goto(mara.url)
    jonas.get_by_role("button", name="I am handling this").click()
    expect(jonas.locator("#about")).to_contain_text("Jonas Weber, which is you")
    jonas.get_by_role("textbox", name="Message").fill("I **restarted** the index.")

    post_update(mara, "Identified", "A disk is full.")
    jonas.get_by_role("button", name="Post update").click()

    told(jonas, "Mara Lind posted an update while you were writing")
    expect(jonas.get_by_role("textbox", name="Message")).to_have_value("I **restarted** the index.")
    expect(jonas.locator(".timeline")).to_contain_text("A disk is full.")
    expect(jonas.get_by_role("radio", name="Identified")).to_be_checked()
    jonas.get_by_role("button", name="Post update").click()
    expect(jonas.locator(".timeline")).to_contain_text("I restarted the index.")

    mara.reload()
    expect(mara.locator("#about")).to_contain_text("Jonas Weber")
    both_edit_the_title(mara, jonas)


def both_edit_the_title(mara: Page, jonas: Page) -> None:
    for page in (mara, jonas):
        page.get_by_role("link", name="Edit title and impact").click()
    save_title(mara, "Search is slow for some")
    expect(mara.get_by_role("heading", name="Search is slow for some", level=1)).to_be_visible()

    save_title(jonas, "Search takes a minute")

    told(jonas, "Mara Lind edited title or impact while you were writing")
    expect(jonas.get_by_text("It now reads Search is slow for some")).to_be_visible()
    expect(jonas.get_by_label("What is wrong?")).to_have_value("Search takes a minute")
    jonas.get_by_role("button", name="Save").click()
    expect(jonas.get_by_role("heading", name="Search takes a minute", level=1)).to_be_visible()

    jonas.get_by_role("link", name="Earlier versions").click()
    expect(jonas.locator("summary")).to_have_count(2)
    jonas.locator("summary").first.click()
    expect(jonas.locator("details[open] del")).to_have_text(re.compile("is slow for some"))
    expect(jonas.locator("details[open] ins")).to_have_text(re.compile("takes a minute"))


def save_title(page: Page, title: str) -> None:
    page.get_by_label("What is wrong?").fill(title)
    page.get_by_role("button", name="Save").click()


def told(page: Page, words: str) -> None:
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(words)
    expect(notice).to_be_focused()
