"""Account, settings and audit log as somebody uses them: with htmx, without it, with a keyboard, in every look."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from app.accounts.profile import set_avatar
from app.closing import jobs
from app.organizations.rules import Role
from tests.accessibility import check_accessibility
from tests.blueprints.conftest import Open
from tests.builders import Team


@pytest.fixture
def lived_in(team: Team) -> Team:
    """Northwind after some work: something of everything stands in its log."""
    written = BytesIO()
    Image.new("RGB", (300, 300), "teal").save(written, "PNG")
    set_avatar(team.founder.user_id, written.getvalue())
    team.world.another_session(team.founder)
    team.incident("Checkout is slow", affects={team.service("API"): "partial_outage"})
    team.group("Ünïcode 🚦 قائمة")
    team.member(Role.EDITOR)
    return team


def test_the_address_says_while_somebody_types_whether_it_can_be_had(lived_in: Team, open_as: Open, home: str):
    lived_in.world.team("Contoso", "contoso")
    page = open_as(lived_in.founder, f"{home}/settings")

    page.locator("#slug").fill("contoso")
    expect(page.locator("#slug-error")).to_contain_text("Someone has this address already.")
    page.locator("#slug").fill("north")
    expect(page.locator("#slug-hint")).to_have_text("“north” can be yours.")
    page.get_by_role("button", name="Change the address").click()

    page.wait_for_url(re.compile(r"/dashboard/north/settings$"))
    expect(page.locator("#said")).to_have_text("Your organization is at “north” now.")


def test_the_filters_of_the_log_stand_in_the_address(lived_in: Team, open_as: Open, home: str):
    page = open_as(lived_in.founder, f"{home}/audit")

    page.select_option("#thing", label="Incident")
    page.get_by_role("button", name="Show", exact=True).click()

    page.wait_for_url(re.compile("thing=incident"))
    expect(page.locator("#log .audit > li")).to_have_count(1)
    expect(page.locator("#log .audit > li")).to_contain_text("reported the incident Checkout is slow")


def test_a_deletion_is_watched_until_it_is_done(
    lived_in: Team, open_as: Open, home: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.closing.emptying.GRACE", jobs.KEPT_FOR * 0)
    page = open_as(lived_in.founder, f"{home}/settings/delete")

    page.locator("#confirmation").fill("Northwind Cloud")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#progress")).to_contain_text("Deleting Northwind Cloud")
    jobs.go_on(str(lived_in.id))

    expect(page.locator("#progress")).to_contain_text("It is gone", timeout=10_000)
    check_accessibility(page)
