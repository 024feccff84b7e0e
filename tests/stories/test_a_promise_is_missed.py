"""An update is promised and does not come: the handler is reminded twice, and visitors are told the truth."""

import re
from datetime import timedelta

import time_machine
from playwright.sync_api import Page, expect

from app import clock
from app.incidents.handling import set_handler
from app.incidents.promises.actions import remind_due
from app.organizations.rules import Role
from tests.blueprints.conftest import Open, address, open_as, served  # noqa: F401 -- fixtures
from tests.builders import Team
from tests.delivery.conftest import PostOffice, post, resend, transport  # noqa: F401
from tests.fakes.resend import FakeResend


def test_a_promise_is_missed(team: Team, open_as: Open, post: PostOffice, resend: FakeResend) -> None:  # noqa: F811
    incident = team.incident("Errors at checkout", notify=False)
    jonas = team.member(Role.EDITOR)
    set_handler(incident.id, jonas.user_id, by=team.actor())
    promised_at = clock.now()
    member = open_as(jonas, f"/dashboard/{team.slug}/incidents/{incident.id}")
    promise(member, "In 15 minutes")
    visitor = open_as(None, f"/{team.slug}")
    expect(visitor.locator("#active-incidents")).to_contain_text("Next update by")
    post.tell()
    resend.accepted.clear()

    with time_machine.travel(promised_at + timedelta(minutes=11)):
        remind_due()
        post.tell()
    with time_machine.travel(promised_at + timedelta(minutes=21)):
        remind_due()
        post.tell()
        visitor.reload()
        expect(visitor.locator("#active-incidents")).to_contain_text(
            re.compile("The next update was promised for .* late")
        )
        member.goto(f"/dashboard/{team.slug}/")
        expect(member.locator("#attention")).to_contain_text("is late")

        member.get_by_role("link", name="Post update").first.click()
        say(member, "It works for most of you again.")
        visitor.reload()
        expect(visitor.locator("#active-incidents")).not_to_contain_text("late")

    assert [(mail["to"], mail["subject"]) for mail in resend.accepted] == [
        ([jonas.email], "[Northwind Cloud] An update is due: Errors at checkout"),
        ([jonas.email], "[Northwind Cloud] The promised update is late: Errors at checkout"),
    ]


def promise(page: Page, when: str) -> None:
    page.get_by_label("Next update").select_option(label=when)
    page.get_by_label("Tell subscribers").or_(page.locator("[name=notify]")).first.uncheck()
    say(page, "We found the cause.")


def say(page: Page, message: str) -> None:
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#said")).to_contain_text("Your update is on the page.")
