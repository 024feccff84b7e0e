"""The step in front of everything: whose host a request names, and where that leads."""

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app.domains.asking import in_front_of
from app.live.revisions import revisions
from app.pages.cache import PageCache
from app.web.caching import shared_reads
from tests.blueprints.reading import read
from tests.builders import Team, World
from tests.domains.conftest import HOST, Owner

THERE = f"http://{HOST}"
HERE = "http://localhost"
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
}


@pytest.fixture
def site(app: Flask) -> Client:
    """All that answers in production: hosts, cache, application."""
    revisions.confirm()
    settings = app.extensions["upfront.settings"]
    return Client(in_front_of(app, PageCache(app, revisions, shared_reads(app)), settings), use_cookies=True)


@pytest.fixture
def settled(owner: Owner) -> Owner:
    owner.settle()
    return owner


def path_in(answer: TestResponse) -> str:
    return answer.headers["Location"]


def test_the_page_is_the_root_of_its_domain(site: Client, settled: Owner):
    incident = settled.team.incident("Slow mails")

    page, below = site.get("/", base_url=THERE), site.get(f"/incidents/{incident.id}", base_url=THERE)
    document = site.get("/api/status", base_url=THERE)

    assert [answer.status_code for answer in (page, below, document)] == [200, 200, 200]
    assert f'href="/incidents/{incident.id}"' in page.text
    assert "/northwind/" not in page.text.replace("/api/northwind/status", "")
    assert document.json is not None
    assert document.json["organization"]["url"] == THERE
    assert site.get("/api/northwind/status", base_url=THERE).status_code == 200


def test_its_address_with_us_leads_there(site: Client, settled: Owner):
    incident = settled.team.incident()

    found = [
        site.get(path, base_url=HERE)
        for path in ("/northwind", f"/northwind/incidents/{incident.id}", "/NORTHWIND/maintenance.ics")
    ]

    assert [answer.status_code for answer in found] == [302, 302, 302]
    assert [path_in(answer) for answer in found] == [
        f"{THERE}/",
        f"{THERE}/incidents/{incident.id}",
        f"{THERE}/maintenance.ics",
    ]
    assert path_in(site.get("/api/northwind/status", base_url=HERE)) == f"{THERE}/api/northwind/status"


def test_neither_address_answers_from_what_the_other_keeps(site: Client, owner: Owner):
    """The cache knows both, and knows them apart."""
    before = site.get("/northwind", base_url=HERE)
    owner.settle()

    for _ in range(2):
        assert site.get("/northwind", base_url=HERE).status_code == 302
        assert site.get("/", base_url=THERE).status_code == 200
    assert before.status_code == 200


def test_mail_programs_are_heard_at_the_old_address(site: Client, settled: Owner):
    answer = site.post("/northwind/unsubscribe/" + "0" * 32, base_url=HERE)

    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_a_host_that_is_nobodys_says_so(site: Client, team: Team):
    answer = site.get("/northwind", base_url="http://nobody.example")

    assert answer.status_code == 404
    assert "nobody.example" in answer.text
    assert "Northwind" not in answer.text


@pytest.mark.parametrize("path", ["/auth/sign-in", "/dashboard/northwind/", "/northwind"])
def test_signing_in_and_the_dashboard_are_at_our_host_only(site: Client, settled: Owner, path: str):
    assert site.get(path, base_url=THERE).status_code == 404


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7:8000", "[::1]:8000", "web", "nobody.example", HOST])
def test_health_is_asked_by_any_name(site: Client, settled: Owner, host: str):
    assert site.get("/healthz", base_url=f"http://{host}").status_code == 200


def test_a_page_is_opened_by_its_domain_whatever_port_or_case(site: Client, settled: Owner):
    assert site.get("/", base_url=f"http://{HOST.upper()}:8443").status_code == 200


def test_only_a_trusted_proxy_says_which_host_was_asked_for(site: Client, settled: Owner):
    answer = site.get("/", base_url="http://localhost", headers={"X-Forwarded-Host": HOST})

    assert "Northwind" not in answer.text


def test_the_password_opens_the_page_on_its_domain(site: Client, settled: Owner):
    settled.team.close_page("password", password="correct horse")

    asked = site.get("/incidents", base_url=THERE)
    challenge = site.get("/", base_url=THERE)
    let_in = site.post("/unlock", base_url=THERE, data={"password": "correct horse", "leads_to": "/?lang=de"})

    assert (asked.status_code, challenge.status_code) == (404, 401)
    assert 'action="/unlock?lang=en"' in challenge.text
    assert (let_in.status_code, path_in(let_in)) == (303, "/?lang=de")
    assert site.get("/", base_url=THERE).status_code == 200
    assert "Path=/" in let_in.headers["Set-Cookie"]


def test_a_member_comes_from_our_host_with_a_pass(site: Client, settled: Owner):
    settled.team.close_page("members")
    page_id = settled.team.page.page_id
    browser = settled.team.founder.browser()

    challenge = site.get("/", base_url=THERE)
    way = path_in(browser.get(f"/auth/pages/{page_id}"))
    button = site.get(way.removeprefix(THERE), base_url=THERE)
    site.post(way.removeprefix(THERE), base_url=THERE)

    assert f"http://localhost/auth/pages/{page_id}" in challenge.text
    assert way.startswith(f"{THERE}/unlock/")
    assert 'method="post"' in button.text
    assert site.get("/", base_url=THERE).status_code == 200


def test_a_pass_is_for_members(settled: Owner):
    stranger = settled.team.world.person("Eve Moor").browser()

    assert stranger.get(f"/auth/pages/{settled.team.page.page_id}").status_code == 404


@pytest.mark.parametrize(("domain", "status"), [(HOST, 200), (HOST.upper(), 200), ("nobody.example", 404), ("", 404)])
def test_a_proxy_asks_for_which_domains_it_may_get_certificates(site: Client, settled: Owner, domain: str, status: int):
    answer = site.get(f"/domains/ask?domain={domain}", base_url="http://10.0.0.7:8000")

    assert answer.status_code == status


def test_the_strictness_of_a_customers_domain_is_theirs(app: Flask, settled: Owner):
    answer = Client(in_front_of(app, app, app.extensions["upfront.settings"])).get("/", base_url=THERE)

    assert "includeSubDomains" not in answer.headers.get("Strict-Transport-Security", "")


@pytest.mark.parametrize(("origin", "status"), [(THERE, 501), ("http://localhost", 403), ("https://evil.example", 403)])
def test_the_live_socket_is_right_there(site: Client, settled: Owner, origin: str, status: int):
    """501: let in, by a test's server that cannot keep a connection."""
    answer = site.get("/live", base_url=THERE.replace("http", "ws"), headers={**HANDSHAKE, "Origin": origin})

    assert answer.status_code == status


def test_forms_are_sent_from_the_domain_itself(site: Client, settled: Owner):
    form = {"email": "ada@customer.example"}

    own = site.post("/subscribe", base_url=THERE, data=form, headers={"Origin": THERE})
    other = site.post("/subscribe", base_url=THERE, data=form, headers={"Origin": HERE})

    assert (own.status_code, other.status_code) == (200, 403)


@pytest.mark.parametrize("slug", ["healthz-else", "readyz-else"])
def test_no_other_organizations_page_is_there_whatever_its_slug_begins_with(
    site: Client, settled: Owner, world: World, slug: str
):
    world.team("Fabrikam", slug).service("Not theirs")

    answer = site.get(f"/{slug}", base_url=THERE)

    assert answer.status_code == 404
    assert "Not theirs" not in answer.text


def test_members_are_led_to_the_page_at_its_domain(owner: Owner):
    incident = owner.team.incident("Errors")
    owner.settle()
    browser = owner.team.founder.browser()

    overview = read(browser.get("/dashboard/northwind/").text)
    shown = read(browser.get(f"/dashboard/northwind/incidents/{incident.id}").text)

    assert overview.one("a", href=THERE).text == "Show the page"
    assert shown.one("a", href=f"{THERE}/incidents/{incident.id}").text == "Show on the page"
