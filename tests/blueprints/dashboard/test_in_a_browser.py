"""The dashboard as somebody uses it: with a keyboard, with htmx, and without any script."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.incidents.queries import get_incident, list_incidents
from app.organizations.rules import Role
from app.services.queries import get_catalogue
from tests.blueprints.conftest import Open
from tests.builders import Team


def is_focused(page: Page, selector: str) -> None:
    expect(page.locator(selector)).to_be_focused()


def test_the_suggestion_follows_the_impact_and_a_choice_is_kept(team: Team, open_as: Open, home: str):
    api, web = team.service("API"), team.service("Web")
    team.subscriber()
    team.subscriber(chosen=(web,))
    page = open_as(team.founder, f"{home}/incidents/new")

    expect(page.locator("#audience")).to_contain_text("1 subscriber by e-mail")
    page.select_option("#add", label="API")
    expect(page.locator(f"#note-{api.id}")).to_have_text("Suggested from the impact.")
    page.select_option("#add", label="Web")
    expect(page.locator("#audience")).to_contain_text("2 subscribers by e-mail")
    page.select_option(f"#affected-{web.id}", "partial_outage")
    expect(page.locator(f"#note-{web.id}")).to_have_text("Suggested: degraded performance; you chose otherwise.")
    page.select_option("#impact", "critical")

    expect(page.locator(f"#affected-{api.id}")).to_contain_text("Major outage (suggested)")
    expect(page.locator(f"#note-{web.id}")).to_have_text("Suggested: major outage; you chose otherwise.")
    expect(page.locator(f"#affected-{web.id}")).to_have_value("partial_outage")
    expect(page.locator(f"#affected-{api.id}")).to_have_value("suggested")


def test_what_is_typed_stays_where_it_is_while_the_preview_follows(team: Team, open_as: Open, home: str):
    team.service("API")
    page = open_as(team.founder, f"{home}/incidents/new")

    page.locator("#title").fill("Errors")
    page.locator("#message").press_sequentially("Some **logins** fail")

    expect(page.locator("#preview strong")).to_have_text("logins")
    expect(page.locator("#message")).to_have_value("Some **logins** fail")
    expect(page.locator("#title")).to_have_value("Errors")
    is_focused(page, "#message")


def test_an_incident_is_reported_and_its_page_says_so(team: Team, open_as: Open, home: str):
    api = team.service("API")
    page = open_as(team.founder, f"{home}/incidents/new")

    page.locator("#title").fill("Errors")
    page.select_option("#add", label="API")
    expect(page.locator(f"#affected-{api.id}")).to_be_visible()
    page.locator("#message").fill("We look into it.")
    page.get_by_role("button", name="Publish incident").click()

    page.wait_for_url(re.compile(r"/incidents/[0-9a-f-]{36}$"))
    expect(page.locator("#said")).to_have_text("The incident is on your page.")
    is_focused(page, "#said [data-result]")
    assert team.status_of(api) == "degraded_performance"


def test_a_refused_report_moves_the_focus_to_what_is_wrong(team: Team, open_as: Open, home: str):
    page = open_as(team.founder, f"{home}/incidents/new")

    page.locator("#message").fill("We look into it.")
    page.get_by_role("button", name="Publish incident").click()

    is_focused(page, "[data-faults]")
    expect(page.locator("[data-faults]")).to_contain_text("One thing needs your attention.")
    expect(page.locator("#message")).to_have_value("We look into it.")
    page.locator("[data-faults] a").click()
    is_focused(page, "#title")


def test_an_update_in_another_tab_keeps_the_text_of_this_one(team: Team, open_as: Open, home: str):
    incident = team.incident("Errors")
    page = open_as(team.founder, f"{home}/incidents/{incident.id}")
    page.locator("#message").fill("My own words.")
    team.update(incident, "identified", "Somebody was faster.")

    page.get_by_role("button", name="Post update").click()
    is_focused(page, "[data-faults]")
    expect(page.locator("#message")).to_have_value("My own words.")
    expect(page.locator(".timeline")).to_contain_text("Somebody was faster.")
    page.get_by_role("button", name="Post update").click()

    expect(page.locator("#said")).to_have_text("Your update is on the page.")
    messages = [update.message for update in get_incident(team.actor(), incident.id).updates]
    assert messages[:2] == ["My own words.", "Somebody was faster."]


def test_choosing_resolved_shows_what_services_will_show(team: Team, open_as: Open, home: str):
    api = team.service("API")
    team.set_status(api, "degraded_performance")
    incident = team.incident("Errors", affects={api: "major_outage"})
    page = open_as(team.founder, f"{home}/incidents/{incident.id}")

    page.locator(".stepper label", has_text="Resolved").click()

    expect(page.locator("#affected")).to_contain_text("becomes degraded performance: set by Mara Lind by hand")
    expect(page.locator("#send")).to_have_text("Resolve the incident")


@pytest.mark.parametrize(("path", "part"), [("/", "#services-now"), ("/services", "#catalogue")])
def test_a_status_is_changed_where_it_stands(team: Team, open_as: Open, home: str, path: str, part: str):
    api = team.service("API")
    team.service("Web")
    page = open_as(team.founder, f"{home}{path}")
    row = page.locator(f"{part} tbody", has_text="API")

    row.get_by_role("link", name="Change the status of API").click()
    is_focused(page, "#status")
    page.select_option("#status", "major_outage")
    page.locator("#comment").fill("Disk is full")
    page.get_by_role("button", name="Save").click()

    expect(row).to_contain_text("Major outage")
    expect(page.locator("#said")).to_have_text("API now shows: major outage.")
    is_focused(page, "#said [data-result]")
    expect(page.locator("#status-form")).to_have_count(0)
    assert page.url.endswith(f"{home}{path}")
    assert team.status_of(api) == "major_outage"


def test_a_change_from_elsewhere_leaves_the_open_form_alone(team: Team, open_as: Open, home: str):
    api, web = team.service("API"), team.service("Web")
    page = open_as(team.founder, f"{home}/")
    page.get_by_role("link", name="Change the status of API").click()
    page.locator("#comment").fill("Half a sentence")
    team.set_status(web, "major_outage")

    page.evaluate(
        """async (address) => {
            const text = await (await fetch(address)).text();
            await htmx.swap({ sourceElement: document.body, target: document.body, swap: "none", text });
        }""",
        f"{home}/fragments?revision=0",
    )

    expect(page.locator("#services-now tbody", has_text="Web")).to_contain_text("Major outage")
    expect(page.locator(f"#change-{api.id} #comment")).to_have_value("Half a sentence")
    is_focused(page, "#comment")


def test_a_refused_status_stays_in_its_row(team: Team, open_as: Open, home: str):
    api = team.service("API")
    page = open_as(team.founder, f"{home}/services")
    page.get_by_role("link", name="Change the status of API").click()

    page.locator("#comment").fill("x" * 501)
    page.get_by_role("button", name="Save").click()

    expect(page.locator(f"#change-{api.id} #comment-error")).to_be_visible()
    is_focused(page, "[data-faults]")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#status-form")).to_have_count(0)


def test_services_are_ordered_with_the_keyboard_and_the_focus_stays(team: Team, open_as: Open, home: str):
    first = team.service("A")
    for name in ("B", "C"):
        team.service(name)
    page = open_as(team.founder, f"{home}/services")

    page.locator(f"#down-{first.id}").focus()
    for expected in (["B", "A", "C"], ["B", "C", "A"]):
        page.keyboard.press("Enter")
        expect(page.locator("#catalogue tbody .name")).to_have_text(expected)
        is_focused(page, f"#down-{first.id}")


def test_an_error_leaves_what_was_typed_in_place(team: Team, open_as: Open, home: str):
    incident = team.incident("Errors")
    page = open_as(team.founder, f"{home}/incidents/{incident.id}")
    page.locator("#message").fill("My own words.")
    expect(page.locator("#preview")).to_contain_text("My own words.")
    team.delete(incident)

    page.get_by_role("button", name="Post update").click()

    expect(page.locator("#problem")).to_contain_text("What was here may have been deleted")
    expect(page.locator("#problem > *")).to_be_focused()
    expect(page.locator("#problem")).to_be_in_viewport()
    expect(page.locator("#message")).to_have_value("My own words.")


def test_the_whole_report_works_without_a_script(team: Team, open_as: Open, home: str):
    api = team.service("API")
    page = open_as(team.founder, f"{home}/incidents/new", java_script_enabled=False)

    page.locator("#title").fill("Errors")
    page.select_option("#impact", "major")
    page.select_option("#add", label="API")
    page.locator("#message").fill("We **look** into it.")
    page.get_by_role("button", name="Update suggestions and preview").click()
    expect(page.locator(f"#affected-{api.id}")).to_contain_text("Partial outage (suggested)")
    expect(page.locator("#preview strong")).to_have_text("look")
    page.get_by_role("button", name="Publish incident").click()

    expect(page.locator("h1")).to_have_text("Errors")
    expect(page.locator("#said")).to_have_text("The incident is on your page.")
    assert team.status_of(api) == "partial_outage"
    assert len(list_incidents(team.actor()).open) == 1


def test_order_and_status_work_without_a_script(team: Team, open_as: Open, home: str):
    for name in ("A", "B"):
        team.service(name)
    page = open_as(team.founder, f"{home}/services", java_script_enabled=False)

    page.get_by_role("button", name="Move B up").click()
    page.get_by_role("link", name="Change the status of A").click()
    page.select_option("#status", "major_outage")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#said")).to_have_text("A now shows: major outage.")
    assert [(one.name, one.status) for one in get_catalogue(team.actor()).services] == [
        ("B", "operational"),
        ("A", "major_outage"),
    ]


def test_the_first_form_suggests_an_address_and_the_browsers_time_zone(team: Team, open_as: Open):
    nina = team.world.person("Nina Neu")
    page = open_as(nina, "/onboarding", timezone_id="Europe/Lisbon")

    page.locator("#name").press_sequentially("Größe & Söhne")
    expect(page.locator("#slug")).to_have_value("grosse-sohne")
    expect(page.locator("#slug-hint")).to_have_text("“grosse-sohne” can be yours.")
    expect(page.locator("#time_zone")).to_have_value("Europe/Lisbon")
    page.locator("#slug").fill("northwind")
    expect(page.locator("#slug-error")).to_contain_text("Someone has this address already")
    is_focused(page, "#slug")


def test_a_viewers_overview_hides_what_would_be_refused(team: Team, open_as: Open, home: str):
    team.incident("Errors", affects={team.service("API"): "partial_outage"})

    page = open_as(team.member(Role.VIEWER), f"{home}/")

    expect(page.locator("#attention")).to_contain_text("Errors")
    expect(page.get_by_role("link", name="Post update")).to_have_count(0)
    expect(page.get_by_role("link", name="Change the status of API")).to_have_count(0)
    expect(page.get_by_role("link", name="Report incident")).to_have_count(0)
