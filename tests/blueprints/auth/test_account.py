"""The person apart from any organization: their picture, and how they go."""

from io import BytesIO

import pytest
from PIL import Image

from app.accounts.profile import set_avatar
from app.accounts.queries import find_signed_in
from app.database.ids import new_id
from app.organizations.rules import Role
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Person, Team, World


@pytest.fixture
def nina(world: World) -> Person:
    """Somebody without any organization."""
    return world.person("Nina Neu")


def picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 200), "green").save(written, "PNG")
    return written.getvalue()


def avatar_of(person: Person) -> str:
    set_avatar(person.user_id, picture())
    found = find_signed_in(person.token)
    assert found is not None
    return f"/account/avatars/{found.avatar_id}"


def test_a_picture_is_kept_by_browsers_and_by_nobody_between(team: Team):
    address = avatar_of(team.founder)

    answer = team.member(Role.VIEWER).browser().get(address)

    assert answer.content_type == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data.startswith(b"RIFF")


def test_a_picture_is_for_those_who_know_them(team: Team, world: World, client: HttpBrowser):
    address = avatar_of(team.founder)
    stranger = world.team("Contoso", "contoso").founder.browser()

    foreign, missing = stranger.get(address), stranger.get(f"/account/avatars/{new_id()}")

    assert foreign.status_code == missing.status_code == 404
    assert foreign.data == missing.data
    assert client.get(address).status_code == 302


def test_somebody_without_an_organization_may_go(nina: Person):
    browser = nina.browser()
    way = read(browser.get("/onboarding").text).one("a", href="/account/delete")

    page = read(browser.get(way.attributes["href"]).text).one("main")
    answer = browser.submit("/account/delete", {"confirmation": nina.email.upper()})

    assert f"Type {nina.email} to confirm" in page.text
    assert "Former member" in page.text
    assert "audit logs of your organizations cannot be changed" in page.text
    assert (answer.status_code, answer.location) == (303, "/auth/sign-in")
    assert "Your account is deleted." in read(browser.get(answer.location).text).one("main").text
    assert browser.get("/account/delete").status_code == 302
    assert find_signed_in(nina.token) is None


def test_a_wrong_address_is_said_beside_the_field_and_kept(nina: Person):
    answer = nina.browser().submit("/account/delete", {"confirmation": "nina"})

    page = read(answer.text).one("main")
    assert answer.status_code == 422
    assert page.one(id="confirmation-error").text == f"Type {nina.email}, as it is written above."
    assert page.one("input", id="confirmation").value == "nina"
    assert find_signed_in(nina.token) is not None


def test_the_last_admin_reads_where_and_what_to_do(team: Team):
    browser = team.founder.browser()

    page = read(browser.get("/account/delete").text).one("main")
    answer = browser.submit("/account/delete", {"confirmation": team.founder.email})

    assert "You are the last admin of Northwind Cloud" in page.text
    assert not page.all("form")
    assert page.all("a", href=f"/dashboard/{team.slug}/members")
    assert answer.status_code == 422
    assert find_signed_in(team.founder.token) is not None


def test_nobody_signed_in_is_sent_to_sign_in(client: HttpBrowser):
    assert client.get("/account/delete").location == "/auth/sign-in?next=/account/delete"
    assert client.submit("/account/delete").location == "/auth/sign-in"
