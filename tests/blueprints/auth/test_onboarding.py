"""The first form: an organization, its page, and its founder an admin."""

import pytest

from app.extensions import limiter
from app.pages.finding import find_page
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World

NEW = {"name": "Acme Ltd", "slug": "acme", "time_zone": "Europe/Lisbon"}


@pytest.fixture
def founder(world: World) -> HttpBrowser:
    return world.person("Nina Neu").browser()


def address_field(browser: HttpBrowser, **query: str) -> Element:
    return read(browser.get("/onboarding/slug", query_string=query).text).one("div", id="address")


def test_it_makes_the_organization_its_page_and_an_admin(founder: HttpBrowser):
    answer = founder.submit("/onboarding", NEW)

    page = find_page("acme")
    dashboard = read(founder.get(answer.location).text)
    assert (answer.status_code, answer.location) == (303, "/dashboard/acme/")
    assert page is not None
    assert (page.name, page.time_zone.key) == ("Acme Ltd", "Europe/Lisbon")
    assert "Admin" in dashboard.one("div", class_="account").text


def test_nobody_signed_in_is_sent_to_sign_in(client: HttpBrowser):
    assert client.get("/onboarding").location == "/auth/sign-in?next=/onboarding"
    assert client.submit("/onboarding", NEW).location == "/auth/sign-in"
    assert client.get("/onboarding/slug?slug=acme").location.startswith("/auth/sign-in")


def test_a_refused_form_says_what_is_wrong_with_each_field_and_keeps_the_rest(founder: HttpBrowser):
    answer = founder.submit("/onboarding", {"name": "A", "slug": "Login", "time_zone": "Mars/Olympus"})

    page = read(answer.text)
    assert answer.status_code == 422
    assert page.one("div", class_="notice").text.startswith("3 things need your attention.")
    assert page.one(id="name-error").text == "Use at least 2 characters."
    assert "“login” is a word that Upfront needs itself." in page.one(id="slug-error").text
    assert page.one(id="time_zone-error").text == "Choose a time zone from the list."
    assert page.one("input", id="name").value == "A"
    assert page.one("input", id="slug").attributes["aria-invalid"] == "true"


def test_an_address_is_had_once_whatever_its_case(team: Team, founder: HttpBrowser):
    answer = founder.submit("/onboarding", {**NEW, "slug": " NorthWind "})

    assert answer.status_code == 422
    assert "Someone has this address already" in read(answer.text).one(id="slug-error").text


@pytest.mark.parametrize("slug", ["api", "status", "0nboarding", "ab", "a--b", "-acme", "acme_1", "größe", "x" * 41])
def test_addresses_that_would_not_work_are_refused(founder: HttpBrowser, slug: str):
    assert founder.submit("/onboarding", {**NEW, "slug": slug}).status_code == 422
    assert find_page(slug) is None


def test_the_name_suggests_an_address(founder: HttpBrowser):
    field = address_field(founder, name="Größe & Söhne", slug="", suggested="")

    assert field.one("input", id="slug").value == "grosse-sohne"
    assert field.one("input", id="suggested").value == "grosse-sohne"
    assert field.one(id="slug-hint").text == "“grosse-sohne” can be yours."


def test_another_name_suggests_another_address_until_one_was_typed(founder: HttpBrowser):
    untouched = address_field(founder, name="Acme", slug="first", suggested="first")
    typed = address_field(founder, name="Acme", slug="mine", suggested="first")

    assert untouched.one("input", id="slug").value == "acme"
    assert typed.one("input", id="slug").value == "mine"


def test_while_it_is_typed_an_address_is_looked_up(team: Team, founder: HttpBrowser):
    free = address_field(founder, slug="acme")
    taken = address_field(founder, slug="northwind")
    reserved = address_field(founder, slug="Login")

    assert free.one(id="slug-hint").text == "“acme” can be yours."
    assert taken.one(id="slug-error").text == "Someone has this address already. Choose another."
    assert "Try login-status." in reserved.one(id="slug-error").text
    assert reserved.one("input", id="slug").attributes["aria-describedby"] == "slug-hint slug-error"


def test_looking_addresses_up_is_limited(founder: HttpBrowser):
    answers = [founder.get("/onboarding/slug?slug=acme").status_code for _ in range(121)]

    assert answers[-1] == 429


def test_nobody_takes_address_after_address(founder: HttpBrowser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limiter, "enabled", True)

    answers = [founder.submit("/onboarding", NEW | {"slug": f"acme-{number}"}) for number in range(21)]

    assert [answer.status_code for answer in answers] == [303] * 20 + [429]
    assert find_page("acme-20") is None


def test_mistakes_do_not_count_as_founding(founder: HttpBrowser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limiter, "enabled", True)
    for _ in range(21):
        founder.submit("/onboarding", NEW | {"slug": "Login"})

    answer = founder.submit("/onboarding", NEW)

    assert answer.status_code == 303


def test_founding_is_counted_for_each_person(world: World, founder: HttpBrowser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limiter, "enabled", True)
    for number in range(21):
        founder.submit("/onboarding", NEW | {"slug": f"acme-{number}"})

    answer = world.person("Otto Andere").browser().submit("/onboarding", NEW)

    assert answer.status_code == 303


def test_a_second_organization_is_switched_to_by_its_address(team: Team):
    browser = team.founder.browser()

    browser.submit("/onboarding", NEW)

    links = [link.attributes["href"] for link in read(browser.get("/dashboard/acme/").text).one("nav").all("a")]
    assert "/dashboard/northwind/" in links
    assert browser.get("/dashboard/northwind/").status_code == 200
