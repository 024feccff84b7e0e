"""Planning maintenance as somebody does it: with htmx, with a keyboard, and without any script."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import clock
from app.database.scope import organization_scope
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.maintenance.window_detail import get_maintenance
from tests.accessibility import check_accessibility
from tests.builders import Team

Open = Callable[..., Page]


def in_three_days(hour: int) -> str:
    return f"{clock.now() + timedelta(days=3):%Y-%m-%d}T{hour:02}:00"


def planned(team: Team) -> list[Maintenance]:
    with organization_scope(team.actor()) as scope:
        return list(scope.session.scalars(select(Maintenance).order_by(Maintenance.starts_at)))


def test_what_follows_is_shown_while_a_series_is_planned(team: Team, open_as: Open, home: str):
    services = [team.service(f"Region {number}") for number in range(20)]
    team.subscriber(chosen=(services[17],))
    page = open_as(team.founder, f"{home}/maintenance/new")

    page.get_by_label("What will be done?").fill("Patch the routers")
    page.get_by_label("Starts").fill(in_three_days(2))
    page.get_by_label("Starts").press("Tab")
    expect(page.get_by_label("Ends")).to_have_value(in_three_days(3))
    page.get_by_label("Repeats").select_option("daily")
    expect(page.locator("#recurrence .coming li")).to_have_count(5)
    page.get_by_label("Every (days)").fill("0")
    page.get_by_label("Every (days)").press("Tab")
    expect(page.locator("#recurrence")).to_contain_text("Give a number from 1 to 60.")
    page.get_by_label("Every (days)").fill("2")
    page.get_by_label("Every (days)").press("Tab")
    expect(page.locator("#recurrence")).to_contain_text("Every 2 days")
    page.get_by_label("Find services by name").fill("region 17")
    expect(page.get_by_label("Region 3", exact=True)).to_be_hidden()
    page.get_by_label("Region 17").check()
    expect(page.locator("#audience")).to_contain_text("1 subscriber by e-mail")
    page.get_by_label("Find services by name").fill("")
    expect(page.get_by_label("Region 3", exact=True)).to_be_visible()
    page.get_by_label("Message").fill("Short **resets**.")
    expect(page.locator("#preview strong")).to_have_text("resets")
    check_accessibility(page)
    page.get_by_role("button", name="Schedule").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Patch the routers")
    expect(page.locator("#said")).to_contain_text("The series is planned")
    with organization_scope(team.actor()) as scope:
        assert scope.session.scalars(select(MaintenanceSeries.rule)).all() == ["FREQ=DAILY;INTERVAL=2"]


def test_a_refused_plan_moves_the_focus_to_what_is_wrong(team: Team, open_as: Open, home: str):
    page = open_as(team.founder, f"{home}/maintenance/new")
    page.get_by_label("What will be done?").fill("Patch the routers")
    page.get_by_label("Starts").fill(in_three_days(4))
    page.get_by_label("Ends").fill(in_three_days(2))

    page.get_by_role("button", name="Schedule").click()

    expect(page.locator("[data-faults]")).to_be_focused()
    expect(page.locator("#ends_at-error")).to_have_text("The end must come after the start.")
    expect(page.get_by_label("What will be done?")).to_have_value("Patch the routers")
    page.get_by_role("link", name="Ends").click()
    expect(page.get_by_label("Ends")).to_be_in_viewport()


def test_a_colleagues_step_keeps_the_text_of_this_one(team: Team, open_as: Open, home: str):
    window = team.maintenance("Upgrade", team.service("API"))
    page = open_as(team.founder, f"{home}/maintenance/{window.id}")
    page.get_by_label("Message").fill("All is ready.")
    team.move_on(window, "in_progress")

    page.get_by_role("button", name="Post update").click()

    expect(page.locator("[data-faults]")).to_be_focused()
    expect(page.locator("[data-faults]")).to_contain_text("Someone else was faster")
    expect(page.get_by_label("Message")).to_have_value("All is ready.")
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#timeline")).to_contain_text("All is ready.")


def test_a_window_is_planned_and_led_through_without_a_script(team: Team, open_as: Open, home: str):
    team.service("API")
    page = open_as(team.founder, f"{home}/maintenance/new", java_script_enabled=False)
    page.get_by_label("What will be done?").fill("Patch the routers")
    page.get_by_label("Starts").fill(in_three_days(2))
    page.get_by_label("Repeats").select_option("weekly")
    page.get_by_role("button", name="Update dates and preview").click()
    expect(page.locator("#recurrence .coming li")).to_have_count(5)
    page.get_by_label("Repeats").select_option("")
    page.get_by_label("API").check()
    page.get_by_role("button", name="Schedule").click()

    page.get_by_role("link", name="Start now").click()
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#said")).to_contain_text("The maintenance has begun.")
    page.get_by_role("link", name="Extend").click()
    page.get_by_role("textbox", name="Message").fill("A disk is slow.")
    page.get_by_role("button", name="Extend").click()
    page.get_by_role("link", name="Finish early").click()
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#said")).to_contain_text("The maintenance is completed.")

    [window] = planned(team)
    assert [update.message for update in get_maintenance(team.actor(), window.id).updates] == [
        "The work is complete.",
        "A disk is slow.",
        "The work has begun.",
    ]
