"""The form in which admins settle who may see a page."""

import pytest

from app.organizations.rules import Role
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team


def address(team: Team) -> str:
    return f"/dashboard/northwind/pages/{team.page.page_id}/access"


def choose(team: Team, who: str, **fields: str):
    return team.founder.browser().submit(address(team), {"who": who, **fields})


@pytest.mark.parametrize(
    ("who", "fields", "status"),
    [
        ("members", {}, 401),
        ("password", {"password": "correct horse"}, 401),
        ("addresses", {"addresses": "@customer.example"}, 401),
        ("networks", {"networks": "203.0.113.0/24"}, 403),
    ],
)
def test_what_is_settled_holds_at_once(client: HttpBrowser, team: Team, who: str, fields: dict[str, str], status: int):
    before = client.get("/northwind").status_code

    choose(team, who, **fields)
    closed = client.get("/northwind").status_code
    choose(team, "everybody")

    assert (before, closed, client.get("/northwind").status_code) == (200, status, 200)


@pytest.mark.parametrize(
    ("who", "fields", "field", "fault"),
    [
        ("password", {}, "password", "Choose the password"),
        ("password", {"password": "short"}, "password", "at least 8 characters"),
        ("addresses", {"addresses": "ada@"}, "addresses", "neither an address nor a domain"),
        ("networks", {"networks": "0.0.0.0/0"}, "networks", "all addresses there are"),
        ("nobody", {}, "who", "Say who may see this page"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(team: Team, who: str, fields: dict[str, str], field: str, fault: str):
    answer = choose(team, who, **fields)

    page = read(answer.text)
    assert answer.status_code == 422
    assert fault in page.one("span", id=f"{field}-error").text
    assert not team.page.is_private
    if field in ("addresses", "networks"):
        assert page.one("textarea", id=field).text.strip() == fields[field]


def test_a_password_is_never_shown_again_and_kept_when_the_field_is_empty(client: HttpBrowser, team: Team):
    choose(team, "password", password="correct horse")
    choose(team, "members")

    again = choose(team, "password")
    shown = team.founder.browser().get(address(team)).text

    assert again.status_code == 303
    assert "correct horse" not in shown
    assert client.post("/northwind/unlock", data={"password": "correct horse"}).status_code == 303


def test_saving_what_is_settled_already_asks_nobody_anew(client: HttpBrowser, team: Team):
    choose(team, "password", password="correct horse")
    client.post("/northwind/unlock", data={"password": "correct horse"})

    choose(team, "password")

    assert client.get("/northwind").status_code == 200


def test_the_log_says_so_and_names_nobody_on_the_list(team: Team):
    choose(team, "addresses", addresses="ada@customer.example")

    log = team.founder.browser().get("/dashboard/northwind/audit").text

    assert "changed who may see the page" in log
    assert "ada@customer.example" not in log


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_admins_settle_it(team: Team, role: Role):
    browser = team.member(role).browser()

    assert browser.get(address(team)).status_code == 403
    assert browser.submit(address(team), {"who": "members"}).status_code == 403
