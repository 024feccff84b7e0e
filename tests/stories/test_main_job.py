"""The main job, from end to end: the processes of `make run`, a member's browser and a visitor's."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runner")]

LIVE_MILLISECONDS = 10_000
"""Far more than it takes; how fast it is, `bench/` measures."""


@pytest.fixture(scope="module")
def product() -> Iterator[Run]:
    folder = Path(tempfile.mkdtemp(prefix="upfront story "))
    folder.chmod(0o711)
    run = Run(folder / ".data")
    try:
        run.wait_until_ready()
        yield run
    finally:
        run.end()
        shutil.rmtree(folder)


@pytest.fixture
def member(chromium: Browser, product: Run) -> Iterator[Page]:
    yield from open_browser(chromium, product)


@pytest.fixture
def visitor(chromium: Browser, product: Run) -> Iterator[Page]:
    yield from open_browser(chromium, product)


def open_browser(chromium: Browser, product: Run) -> Iterator[Page]:
    context = chromium.new_context(base_url=product.base)
    page = context.new_page()
    page.set_default_timeout(LIVE_MILLISECONDS)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield page
    context.close()
    assert faults == []


def test_a_team_reports_an_incident_and_everybody_knows_at_once(member: Page, visitor: Page) -> None:
    sign_in(member, "ana@contoso.example")
    make_organization(member, "Contoso Mail", "contoso-mail")
    add_service(member, "Inbox")
    subscribe(visitor, "/contoso-mail", "reader@customer.example")
    visitor.goto("/contoso-mail")
    expect(visitor.locator("[data-live]")).to_have_attribute("data-live", "connected")
    expect(visitor.get_by_role("heading", name="All systems operational")).to_be_visible()
    visitor.evaluate("window.neverReloaded = true")

    report(member, "Mails arrive late", "Inbox", "Mails wait for up to **ten minutes**.")

    happening = visitor.get_by_role("region", name="Happening now")
    expect(happening.get_by_role("link", name="Mails arrive late")).to_be_visible()
    expect(visitor.locator("#services").get_by_text("Partial outage").first).to_be_visible()
    expect(visitor).to_have_title(re.compile("partial outage", re.IGNORECASE))
    mail = newest_mail(visitor, "reader@customer.example", "Investigating: Mails arrive late")
    expect(mail.get_by_text("Mails wait for up to ten minutes.")).to_be_visible()

    post_update(member, "Identified", "A queue is stuck. We are moving it.")

    visitor.bring_to_front()
    expect(happening.get_by_text("A queue is stuck.")).to_be_visible()
    newest_mail(visitor, "reader@customer.example", "Identified: Mails arrive late")

    post_update(member, "Resolved", "All mails are delivered.")

    expect(visitor.get_by_role("heading", name="All systems operational")).to_be_visible()
    assert visitor.evaluate("window.neverReloaded") is True
    newest_mail(visitor, "reader@customer.example", "Resolved: Mails arrive late")
    expect(visitor.locator("#past").get_by_role("link", name="Mails arrive late")).to_be_visible()
    today = visitor.get_by_role("slider", name=re.compile("Inbox"))
    expect(today).to_have_attribute("aria-valuetext", re.compile("partial outage", re.IGNORECASE))
    member.goto("/dashboard/contoso-mail")
    heatmap = member.get_by_role("slider", name=re.compile("Inbox"))
    expect(heatmap).to_have_attribute("aria-valuetext", re.compile("partial outage", re.IGNORECASE))


def test_an_open_overview_follows_and_ends_with_its_session(member: Page, visitor: Page) -> None:
    colleague, at_home = member, visitor
    sign_in(colleague, "jonas@northwind.example")
    sign_in(at_home, "mara@northwind.example")
    elsewhere = at_home.context.browser.new_context(base_url=str(at_home.url).split("/dashboard")[0]).new_page()
    sign_in(elsewhere, "mara@northwind.example")
    expect(elsewhere.locator("[data-live]")).to_have_attribute("data-live", "connected")

    report(colleague, "Search finds nothing", "API", "We look into it.")
    attention = elsewhere.locator("#attention")
    expect(attention.get_by_role("link", name="Search finds nothing", exact=True)).to_be_visible()
    at_home.goto("/dashboard/demo/account")
    at_home.get_by_role("button", name=re.compile("everywhere", re.IGNORECASE)).click()

    expect(elsewhere.locator("[data-live]")).to_have_attribute("data-live", "offline")
    elsewhere.reload()
    expect(elsewhere.get_by_role("button", name="Continue with Google")).to_be_visible()
    elsewhere.context.close()


def sign_in(page: Page, address: str) -> None:
    page.goto("/dashboard")
    page.get_by_role("button", name="Continue with Google").click()
    page.get_by_label("Or anybody else, by e-mail address").fill(address)
    page.get_by_role("button", name="Sign in").click()


def make_organization(page: Page, name: str, slug: str) -> None:
    page.get_by_label("Name of your organization").fill(name)
    expect(page.get_by_text(f"“{slug}” can be yours.")).to_be_visible()
    page.get_by_role("button", name="Create the organization").click()
    expect(page).to_have_url(re.compile(f"/dashboard/{slug}"))


def add_service(page: Page, name: str) -> None:
    page.get_by_role("link", name="Add a service").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add service").click()
    expect(page.get_by_text(name).first).to_be_visible()


def subscribe(page: Page, path: str, address: str) -> None:
    """Ask on the page, then confirm by the link in the mail."""
    page.goto(path)
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("Check your inbox")).to_be_visible()
    mail = newest_mail(page, address, "Confirm")
    mail.locator("a[href*='/subscribe/confirm/']").first.click()
    mail.get_by_role("button", name="Confirm").click()
    expect(mail.get_by_text("You are subscribed")).to_be_visible()
    mail.close()


def report(page: Page, title: str, service: str, message: str) -> None:
    page.goto("/dashboard")
    page.get_by_role("link", name="Report incident").first.click()
    page.get_by_label("What is wrong?").fill(title)
    page.get_by_label("Impact").select_option("major")
    page.get_by_label("Add a service").select_option(label=service)
    expect(page.get_by_label(f"Status of {service}")).to_have_value("suggested")
    page.get_by_role("textbox", name="Message").fill(message)
    expect(page.get_by_role("checkbox", name=re.compile("subscribers? by e-mail"))).to_be_checked()
    page.get_by_role("button", name="Publish incident").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def post_update(page: Page, stage: str, message: str) -> None:
    page.get_by_role("radio", name=stage).check(force=True)
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name=re.compile("Post update|Resolve")).click()
    expect(page.get_by_text(message).first).to_be_visible()


def newest_mail(page: Page, address: str, subject: str) -> Page:
    """The mail in a window of its own, as soon as it has arrived."""
    outbox = page.context.new_page()
    link = outbox.get_by_role("link", name=re.compile(re.escape(subject))).first
    for _ in range(100):
        outbox.goto(f"/dev/outbox?to={address}")
        if link.count():
            break
        outbox.wait_for_timeout(200)
    link.click()
    return outbox
