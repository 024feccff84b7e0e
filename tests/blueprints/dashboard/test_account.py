"""The person's own page: viewers may use it too."""

from app.onboarding.actions import NewOrganization, create_organization
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team, World


def test_it_shows_who_somebody_is_and_where_they_are_signed_in(team: Team, viewer: HttpBrowser, home: str):
    page = read(viewer.get(f"{home}/account").text).one("main")

    assert page.one("input", id="name").value == "Vera Holt"
    organizations, sessions = page.all("ul", class_="rows")
    assert organizations.one("li").text == "Northwind Cloud Leave Northwind Cloud Viewer"
    row = sessions.one("li")
    assert row.text.startswith("Firefox This one")
    assert "from 127.0.0.1" in row.text


def test_who_is_in_several_organizations_goes_from_one_to_the_other(world: World, team: Team):
    mara = team.founder
    create_organization(NewOrganization("Contoso", "contoso", "UTC"), user_id=mara.user_id, user_name=mara.name)
    browser = mara.browser()

    rows = read(browser.get("/dashboard/northwind/account").text).one("main").all("ul", class_="rows")[0].all("li")
    there = read(browser.get(rows[0].all("a")[0].attributes["href"]).text)

    assert [row.all("a")[0].text for row in rows] == ["Contoso", "Northwind Cloud"]
    assert "Contoso" in there.one("nav").text


def test_one_other_browser_is_signed_out_at_once(team: Team, admin: HttpBrowser, home: str):
    there = team.world.another_session(team.founder).browser()

    rows = read(admin.get(f"{home}/account").text).all("ul", class_="rows")[1].all("li")
    other = next(row for row in rows if "This one" not in row.text)
    answer = admin.submit(other.one("form").attributes["action"])

    assert len(rows) == 2
    assert answer.location == f"{home}/account"
    assert there.get(f"{home}/account").status_code == 302
    assert admin.get(f"{home}/account").status_code == 200


def test_ending_this_browsers_own_session_leads_to_sign_in(viewer: HttpBrowser, home: str):
    own = read(viewer.get(f"{home}/account").text).all("ul", class_="rows")[1].one("form").attributes["action"]

    answer = viewer.submit(own)

    assert answer.location == "/auth/sign-in"
    assert viewer.get(f"{home}/account").status_code == 302


def test_signing_out_everywhere_is_offered(viewer: HttpBrowser, home: str):
    forms = read(viewer.get(f"{home}/account").text).one("main").all("form", action="/auth/sign-out-everywhere")

    assert len(forms) == 1


def test_a_colleagues_session_cannot_be_ended(team: Team, admin: HttpBrowser, viewer: HttpBrowser, home: str):
    theirs = read(viewer.get(f"{home}/account").text).all("ul", class_="rows")[1].one("form").attributes["action"]

    answer = admin.submit(theirs)

    assert answer.status_code == 404
    assert viewer.get(f"{home}/account").status_code == 200


def test_the_bare_address_leads_to_the_account_in_their_organization(world: World, team: Team, admin: HttpBrowser):
    nobody_yet = world.person("Nina Neu").browser()

    assert admin.get("/account").location == f"/dashboard/{team.slug}/account"
    assert nobody_yet.get("/account").location == "/onboarding"
