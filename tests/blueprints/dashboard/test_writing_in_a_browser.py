"""Templates, postmortems and the search as somebody uses them: with htmx, and without any script."""

from playwright.sync_api import expect

from app.incidents.queries import list_incidents
from tests.blueprints.conftest import Open
from tests.builders import Team


def test_the_list_follows_what_is_typed_and_its_address_too(team: Team, open_as: Open, home: str):
    team.incident("Disk full")
    team.incident("Fan loud", stage="resolved")
    page = open_as(team.founder, f"{home}/incidents")

    page.locator("#q").press_sequentially("dis")
    expect(page.locator("#found-count")).to_contain_text("1 incident found")
    expect(page.locator("#found .name")).to_have_text(["Disk full"])
    page.select_option("#state", "resolved")
    expect(page.locator("#found")).to_contain_text("Nothing found")
    expect(page.locator("#q")).to_have_value("dis")
    page.wait_for_url("**/incidents?q=dis&state=resolved")

    page.reload()

    expect(page.locator("#found")).to_contain_text("Nothing found")
    page.get_by_role("link", name="Show all incidents").click()
    expect(page.locator("#found .name")).to_have_count(2)


def test_the_list_is_narrowed_without_a_script(team: Team, open_as: Open, home: str):
    team.incident("Disk full")
    team.incident("Fan loud")
    page = open_as(team.founder, f"{home}/incidents", java_script_enabled=False)

    page.fill("#q", "fan")
    page.get_by_role("button", name="Search").click()

    expect(page.locator("#found .name")).to_have_text(["Fan loud"])


def test_a_template_fills_the_form_and_what_was_typed_stays(team: Team, open_as: Open, home: str):
    api = team.service("API")
    team.template("API down", title="{{ services }} down", message="**{{ services }}** fails.", names=(api,))
    page = open_as(team.founder, f"{home}/incidents/new")

    page.fill("#title", "Mine")
    page.select_option("#use", label="API down")
    expect(page.locator("#message")).to_have_value("**API** fails.")
    expect(page.locator("[data-result]")).to_be_focused()
    expect(page.locator("[data-result]")).to_contain_text("Your title was kept.")
    expect(page.locator("#title")).to_have_value("Mine")
    expect(page.locator("#preview strong")).to_have_text("API")
    page.get_by_role("button", name="Replace it").click()
    expect(page.locator("#title")).to_have_value("API down")
    page.fill("#message", "Changed.")
    expect(page.locator("#preview")).to_contain_text("Changed.")
    page.get_by_role("button", name="Publish incident").click()

    expect(page.locator("h1")).to_have_text("API down")


def test_a_template_fills_the_form_without_a_script(team: Team, open_as: Open, home: str):
    team.template("API down", title="API down", message="It fails.")
    page = open_as(team.founder, f"{home}/incidents/new", java_script_enabled=False)

    page.select_option("#use", label="API down")
    page.get_by_role("button", name="Fill in").click()
    page.get_by_role("button", name="Publish incident").click()

    expect(page.locator("h1")).to_have_text("API down")
    assert [row.title for row in list_incidents(team.actor()).open] == ["API down"]


def test_a_postmortem_is_previewed_while_it_is_written_and_published(team: Team, open_as: Open, home: str):
    incident = team.incident("Database unreachable", stage="resolved")
    page = open_as(team.founder, f"{home}/incidents/{incident.id}/postmortem")

    page.fill("#message", "A **fuse** blew.")
    expect(page.locator("#preview strong")).to_have_text("fuse")
    page.fill("#message", "> " * 60 + "deep")
    expect(page.locator("#shown-as-typed")).to_contain_text("nested too deep")
    page.fill("#message", "A fuse.")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#said")).to_have_text("The postmortem is on your page.")
    page.get_by_role("button", name="Withdraw").click()

    expect(page.locator("#said")).to_have_text("The postmortem is off your page. It is kept here as a draft.")
    expect(page.get_by_role("button", name="Publish")).to_be_visible()
