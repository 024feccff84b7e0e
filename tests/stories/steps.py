"""What people do in stories: on the pages that they see, by the words that stand there."""

import re

from markupsafe import escape
from playwright.sync_api import Page, expect

MAIL_LOOKS, MAIL_LOOK_MILLISECONDS = 200, 100


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
    again, sent = page.get_by_role("button", name="Yes, subscribe"), page.get_by_text("Check your inbox")
    expect(again.or_(sent)).to_be_visible()
    if again.is_visible():  # who types as quickly as a test is asked once more
        again.click()
    expect(sent).to_be_visible()
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
    window = page.context.new_page()
    window.goto(arrived_mail(page, address, subject))
    return window


def arrived_mail(page: Page, address: str, subject: str) -> str:
    """Where the mail can be read, as soon as it has arrived."""
    link = re.compile(rf'href="([^"]+)">[^<]*{re.escape(escape(subject))}')
    for _ in range(MAIL_LOOKS):
        found = link.search(page.request.get(f"/dev/outbox?to={address}").text())
        if found:
            return found[1]
        page.wait_for_timeout(MAIL_LOOK_MILLISECONDS)
    raise AssertionError(f"no mail “{subject}” came to {address}")
