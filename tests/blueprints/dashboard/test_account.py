"""The person's own page: viewers may use it too."""

from io import BytesIO

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from app.incidents.queries import get_incident
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


PROFILE = {"name": "Mara L.", "time_zone": "Asia/Tokyo", "language": "de"}


def test_name_zone_and_language_are_saved_and_counted_from_then_on(team: Team, admin: HttpBrowser, home: str):
    team.service("API")

    answer = admin.submit(f"{home}/account", PROFILE)

    page = read(admin.get(answer.location).text)
    assert (answer.status_code, answer.location) == (303, f"{home}/account")
    assert page.one("input", id="name").value == "Mara L."
    assert page.one("select", id="time_zone").value == "Asia/Tokyo"
    assert page.one("select", id="language").value == "de"
    assert "Mara L." in page.one("nav").text
    assert 'data-time-zone="Asia/Tokyo"' in admin.get(f"{home}/").text


def test_what_is_pushed_is_written_for_the_one_who_reads_it(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, home: str
):
    team.service("API")
    admin.submit(f"{home}/account", {"name": "Mara Lind", "time_zone": "Asia/Tokyo", "language": "ja"})

    hers, his = (read(browser.get(f"{home}/fragments?revision=0").text) for browser in (admin, editor))

    assert "月" in hers.all("time")[0].text
    assert "月" not in his.all("time")[0].text
    assert hers.all("time")[0].attributes == his.all("time")[0].attributes


@pytest.mark.parametrize(
    "path",
    [
        "incidents/new",
        "incidents/past",
        "incidents/{id}",
        "incidents/{id}/start",
        "incidents/{id}/earlier",
        "incidents/{id}/updates/{update_id}/time",
        "maintenance/new",
        "announcements/new",
    ],
)
def test_what_is_typed_is_in_the_organizations_zone_and_says_so(team: Team, admin: HttpBrowser, home: str, path: str):
    admin.submit(f"{home}/account", PROFILE)
    incident = team.incident()
    [update] = get_incident(team.actor(), incident.id).updates

    page = read(admin.get(f"{home}/{path.format(id=incident.id, update_id=update.id)}").text).one("main").text

    assert "in Europe/Berlin" in page
    assert "Asia/Tokyo" not in page


def test_no_zone_of_ones_own_means_the_organizations(admin: HttpBrowser, home: str):
    admin.submit(f"{home}/account", PROFILE)
    admin.submit(f"{home}/account", {**PROFILE, "time_zone": ""})

    zone = read(admin.get(f"{home}/account").text).one("select", id="time_zone")
    assert zone.value == ""
    assert zone.all("option")[0].text == "The organization's (Europe/Berlin)"


def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(viewer: HttpBrowser, home: str):
    answer = viewer.submit(f"{home}/account", {"name": " ", "time_zone": "Mars/Olympus", "language": "de"})

    page = read(answer.text).one("main")
    assert answer.status_code == 422
    assert page.one(id="name-error").text == "Write the name that your colleagues know you by."
    assert page.one(id="time_zone-error").text == "Choose a time zone from the list."
    assert page.one("select", id="language").value == "de"


def test_a_language_that_is_not_offered_is_refused(viewer: HttpBrowser, home: str):
    answer = viewer.submit(f"{home}/account", {**PROFILE, "language": "tlh"})

    assert read(answer.text).one(id="language-error").text == "Choose one from the list."


def test_a_picture_is_shown_and_removed(team: Team, viewer: HttpBrowser, home: str):
    before = read(viewer.get(f"{home}/account").text).one("section", id="picture")

    answer = viewer.submit(f"{home}/account/picture", {"picture": (BytesIO(picture()), "vera.png")})
    shown = read(viewer.get(answer.location).text).one("section", id="picture")
    seen = viewer.get(shown.one("img").attributes["src"])
    viewer.submit(f"{home}/account/picture/remove")
    after = read(viewer.get(f"{home}/account").text).one("section", id="picture")

    assert "VH" in before.text
    assert seen.status_code == 200
    assert "VH" in after.text


@pytest.mark.parametrize(
    ("upload", "fault"),
    [
        (b"", "Choose a file first."),
        (b"<svg/>", "This is no picture that we can read. Choose a JPEG, PNG, WebP or GIF file."),
        (b"\x00" * 3_000_000, "Choose a file of at most 2 MB; this has 2.9 MB."),
    ],
)
def test_a_file_that_is_no_picture_of_ours_is_refused_in_words(
    viewer: HttpBrowser, home: str, upload: bytes, fault: str
):
    answer = send_picture(viewer, f"{home}/account/picture", upload)

    assert answer.status_code == 422
    assert read(answer.text).one(id="picture-error").text == fault


@pytest.mark.parametrize(("path", "length"), [("/picture", 11_000_000), ("", 3_000_000)])
def test_more_than_a_form_may_hold_is_not_even_read(viewer: HttpBrowser, home: str, path: str, length: int):
    answer = viewer.post(
        f"{home}/account{path}",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(length)},
    )

    assert answer.status_code == 413


def test_who_is_not_signed_in_can_send_no_more_than_a_form(client: HttpBrowser, team: Team, home: str):
    answer = send_picture(client, f"{home}/account/picture", b"\x00" * 300_000)

    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "most"), [("/picture", 10), ("", 60)])
def test_nobody_saves_more_than_people_do(viewer: HttpBrowser, editor: HttpBrowser, home: str, path: str, most: int):
    statuses = [viewer.submit(f"{home}/account{path}", {"name": ""}).status_code for _ in range(most + 1)]
    colleague = editor.submit(f"{home}/account{path}", {"name": ""})

    assert statuses == [422] * most + [429]
    assert colleague.status_code == 422


def send_picture(browser: HttpBrowser, path: str, upload: bytes) -> TestResponse:
    """As a browser sends a form with a file; made by hand, because the test client leaves a large one open."""
    fields = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{browser.csrf_token()}\r\n'
    file = '--x\r\nContent-Disposition: form-data; name="picture"; filename="vera.png"\r\n\r\n'
    body = fields.encode() + file.encode() + upload + b"\r\n--x--\r\n"
    return browser.post(path, data=body, content_type="multipart/form-data; boundary=x")


def picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 200), "green").save(written, "PNG")
    return written.getvalue()
