"""The one gate: whatever belongs to a private page answers strangers by a challenge or a status; nobody keeps it."""

import json
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from limits import RateLimitItemPerSecond
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from app import clock
from app.access.actions import NewAccess, set_access
from app.access.grants import Grant, write_grant
from app.access.rules import Way
from app.extensions import limiter
from app.live.revisions import Revisions, revisions
from app.organizations.rules import Role
from app.pages.actions import edit_page
from app.pages.cache import PageCache
from app.pages.details import get_incident
from app.pages.parts import Words
from app.pages.rules import Visibility
from app.pages.settings import HeaderLink
from app.pages.views import IncidentView
from app.subscribers.tokens import manage_token
from app.web.caching import forget_closed_pages, shared_reads
from app.web.gate import OPEN_TO_LEAVE
from app.web.limits import PASSWORDS
from tests.browsers import HttpBrowser
from tests.builders import Team

PASSWORD = "correct horse"
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
}
BY_THEMSELVES = {"public.show_unlock", "public.unlock", "public.show_unlock_link", "public.use_unlock_link"}
"""Where strangers show that they are none. They tell the page's name, and nothing else."""
OF_NO_PAGE = {"api.allow_everybody"}
"""Says the same of every page, there or not."""


def rules_of_pages(app: Flask) -> list[Rule]:
    """All addresses that are some page's."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if "slug" in rule.arguments and rule.endpoint not in BY_THEMSELVES | OF_NO_PAGE | OPEN_TO_LEAVE
    ]


def path_of(app: Flask, rule: Rule, slug: str = "northwind") -> str:
    """An address by this rule; whether there is anything at it is not known."""
    samples = {"slug": slug, "day": "2026-11-21", "month": "2026-11", "token": "0" * 32}
    kinds = {"UUIDConverter": uuid4(), "IntegerConverter": 1}
    values = {
        name: samples.get(name, kinds.get(type(rule._converters[name]).__name__, "sample")) for name in rule.arguments
    }
    adapter = app.url_map.bind("localhost", url_scheme="ws" if rule.websocket else "http")
    return adapter.build(rule.endpoint, values).removeprefix("ws://localhost")


def ask(client: HttpBrowser, path: str, rule: Rule) -> TestResponse:
    method = "GET" if "GET" in (rule.methods or {"GET"}) else "POST"
    return client.open(path, method=method, headers=HANDSHAKE if rule.websocket else {})


def unlock(
    client: HttpBrowser, password: str = PASSWORD, path: str = "/northwind/unlock", **fields: str
) -> TestResponse:
    return client.post(path, data={"password": password, **fields})


def test_every_address_of_a_private_page_is_closed_to_strangers(
    app: Flask, client: HttpBrowser, team: Team, monkeypatch: pytest.MonkeyPatch
):
    # All of them within a second are more than any reader asks for.
    monkeypatch.setattr("app.web.limits.MISSES", RateLimitItemPerSecond(1_000))
    rules = rules_of_pages(app)
    assert len(rules) > 15
    team.close_page("password", password=PASSWORD)
    secret = team.incident("Quite a secret").title

    for rule in rules:
        answer = ask(client, path_of(app, rule), rule)

        assert answer.status_code == 401, rule
        assert answer.headers["Cache-Control"] == "private, no-store", rule
        assert "Access-Control-Allow-Origin" not in answer.headers, rule
        assert secret not in answer.text, rule


def test_a_page_to_read_asks_for_the_password_and_a_program_gets_a_status(client: HttpBrowser, team: Team):
    incident = team.incident()
    team.close_page("password", password=PASSWORD)

    page, below = client.get("/northwind"), client.get(f"/northwind/incidents/{incident.id}")
    calendar, fragments = client.get("/northwind/maintenance.ics"), client.get("/northwind/fragments")
    document = client.get("/api/northwind/status")

    assert all('name="password"' in answer.text for answer in (page, below))
    assert f'value="/northwind/incidents/{incident.id}"' in below.text
    assert {calendar.mimetype, fragments.mimetype} == {"text/plain"}
    assert json.loads(document.data)["status"] == 401


def test_what_is_not_there_answers_like_what_is(client: HttpBrowser, team: Team):
    incident = team.incident()
    team.close_page("password", password=PASSWORD)

    there, not_there = (client.get(f"/northwind/incidents/{one}") for one in (incident.id, uuid4()))

    assert there.status_code == not_there.status_code
    assert len(there.data) == len(not_there.data)


def test_what_is_read_while_a_page_is_closed_is_not_kept_as_a_public_answer(
    app: Flask, team: Team, monkeypatch: pytest.MonkeyPatch
):
    """Whoever asked at that moment may read it; who comes later may not."""
    incident = team.incident("Quite a secret")
    revisions.confirm()
    site, read = Client(PageCache(app, revisions, shared_reads(app))), get_incident

    def read_while_it_is_closed(*asked: Any) -> IncidentView:
        team.close_page("password", password=PASSWORD)
        return read(*asked)

    monkeypatch.setattr("app.blueprints.public.page.get_incident", read_while_it_is_closed)
    during = site.get(f"/northwind/incidents/{incident.id}")
    revisions.advance(team.id, team.page.revision)

    assert (during.status_code, site.get(f"/northwind/incidents/{incident.id}").status_code) == (200, 401)


def test_no_old_copy_of_a_closed_page_is_served_however_late_the_database_goes_away(
    app: Flask, team: Team, monkeypatch: pytest.MonkeyPatch
):
    incident = team.incident("Quite a secret")
    known = Revisions()
    known.confirm()
    cache = PageCache(app, known, shared_reads(app))
    forget_closed_pages(app, cache, known, lambda look: look())
    site = Client(cache)
    before = site.get(f"/northwind/incidents/{incident.id}").status_code

    team.close_page("password", password=PASSWORD)
    known.advance(team.id, team.page.revision)
    monkeypatch.setattr("app.web.addresses.find_page", Mock(side_effect=OperationalError("", {}, Exception())))
    after = site.get(f"/northwind/incidents/{incident.id}")

    assert (before, after.status_code) == (200, 503)
    assert "Quite a secret" not in after.text


def test_a_missing_page_stays_missing(client: HttpBrowser, team: Team):
    assert client.get("/nobody").status_code == 404


def test_the_password_opens_the_page_and_all_that_belongs_to_it(app: Flask, client: HttpBrowser, team: Team):
    incident = team.incident("Slow mails")
    team.close_page("password", password=PASSWORD)

    let_in = unlock(client, leads_to=f"/northwind/incidents/{incident.id}")

    assert (let_in.status_code, let_in.location) == (303, f"/northwind/incidents/{incident.id}")
    cookies = let_in.headers.getlist("Set-Cookie")
    assert ["Path=/northwind" in one and "HttpOnly" in one for one in cookies] == [True, False]
    for path in ("/northwind", let_in.location, "/northwind/maintenance.ics", "/api/northwind/status"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/contoso", "/northwind/\\evil", "javascript:1"]
)
def test_it_leads_to_nothing_but_the_page(client: HttpBrowser, team: Team, wanted: str):
    team.close_page("password", password=PASSWORD)

    assert unlock(client, leads_to=wanted).location == "/northwind"


def test_a_grant_is_for_one_page(client: HttpBrowser, team: Team):
    other = team.world.team("Contoso", "contoso")
    for one in (team, other):
        one.close_page("password", password=PASSWORD)
    unlock(client)

    with client.session_transaction():  # what one page gave, offered to the other
        client.set_cookie(
            f"page-{other.page.page_id.hex[:16]}",
            write_grant(Grant(team.page.page_id, 2, Way.PASSWORD)),
            path="/contoso",
        )

    assert (client.get("/northwind").status_code, client.get("/contoso").status_code) == (200, 401)


def test_a_wrong_password_is_told_beside_the_field(client: HttpBrowser, team: Team):
    team.close_page("password", password=PASSWORD)

    answer = unlock(client, "correct house", leads_to="/northwind/incidents")

    assert answer.status_code == 422
    assert "This is not the password" in answer.text
    assert 'value="/northwind/incidents"' in answer.text
    assert client.get("/northwind").status_code == 401


def test_of_a_thousand_passwords_ten_are_looked_at(app: Flask, client: HttpBrowser, team: Team, monkeypatch):
    looked_at = []
    monkeypatch.setattr("app.blueprints.public.unlock.is_password", lambda *words: looked_at.append(words))
    team.close_page("password", password=PASSWORD)

    first = [unlock(client, f"guess {number}") for number in range(12)]
    counted_on = [limiter.limiter.hit(PASSWORDS, "passwords", "127.0.0.1") for _ in range(988)]

    assert len(looked_at) == 10
    assert not any(counted_on)
    assert (first[-1].status_code, client.get("/northwind").status_code) == (429, 401)
    assert 0 < int(first[-1].headers["Retry-After"]) <= 900


def test_whoever_was_let_in_stays_for_thirty_days(client: HttpBrowser, team: Team):
    team.close_page("password", password=PASSWORD)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        unlock(client)
        traveller.shift(timedelta(days=30))
        before = client.get("/northwind").status_code
        traveller.shift(timedelta(seconds=2))

        assert (before, client.get("/northwind").status_code) == (200, 401)


@pytest.mark.parametrize("change", [{"password": "battery staple"}, {"way": Way.MEMBERS}])
def test_a_change_ends_what_was_granted_before(client: HttpBrowser, team: Team, change: dict[str, object]):
    team.close_page("password", password=PASSWORD)
    unlock(client)

    new = NewAccess(**{"visibility": Visibility.PRIVATE, "way": Way.PASSWORD, **change})  # type: ignore[arg-type]
    set_access(team.page.page_id, new, by=team.actor())

    assert client.get("/northwind").status_code == 401


def test_members_need_only_be_signed_in(team: Team):
    team.close_page("password", password=PASSWORD)
    stranger = team.world.person("Eve Moor").browser()

    assert team.member(Role.VIEWER).browser().get("/northwind").status_code == 200
    assert "who is not on this team" in stranger.get("/northwind").text


def test_a_page_for_members_leads_to_signing_in_and_back(client: HttpBrowser, team: Team):
    incident = team.incident()
    team.close_page("members")
    below = f"/northwind/incidents/{incident.id}"

    assert f'href="/auth/sign-in?next={below}"' in client.get(below).text


@pytest.mark.parametrize(("peer", "status"), [("203.0.113.9", 200), ("198.51.100.1", 403), ("2001:db8::5", 200)])
def test_a_network_is_let_in(client: HttpBrowser, team: Team, peer: str, status: int):
    team.close_page("networks", networks="203.0.113.0/24 2001:db8::/32")

    answer = client.get("/northwind", environ_overrides={"REMOTE_ADDR": peer})

    assert answer.status_code == status


def test_nobody_says_by_a_header_where_they_are(client: HttpBrowser, team: Team):
    team.close_page("networks", networks="203.0.113.0/24")

    assert client.get("/northwind", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403


def test_who_holds_a_mails_token_can_always_leave(client: HttpBrowser, team: Team):
    subscriber = team.subscriber()
    team.close_page("members")

    answer = client.post(f"/northwind/unsubscribe/{manage_token(subscriber.id)}")

    assert answer.status_code == 200


def test_who_only_leaves_sees_nothing_of_the_pages_look_and_links(client: HttpBrowser, team: Team):
    link = HeaderLink("Runbook of project Aurora", "https://aurora.example")
    edit_page(team.page.page_id, Words((link,), "help@aurora.example", "About Aurora", True), by=team.actor())
    before = client.get(f"/northwind/unsubscribe/{'0' * 32}").text
    team.close_page("members")

    closed = client.get(f"/northwind/unsubscribe/{'0' * 32}")

    assert before.lower().count("aurora") > 2
    assert (closed.status_code, "urora" in closed.text) == (404, False)
    assert closed.headers["Cache-Control"] == "private, no-store"


def test_the_page_cache_never_keeps_what_is_private(app: Flask, team: Team):
    """Through the very layer that answers in production: before, while it is private, and after."""
    revisions.confirm()
    site = Client(PageCache(app, revisions, shared_reads(app)))
    public = site.get("/northwind")
    team.close_page("password", password=PASSWORD)

    stranger = site.get("/northwind")
    site.post("/northwind/unlock", data={"password": PASSWORD})
    guest = site.get("/northwind")
    other = Client(PageCache(app, revisions, shared_reads(app))).get("/northwind")
    site.delete_cookie(f"page-{team.page.page_id.hex[:16]}", path="/northwind")
    again = site.get("/northwind")

    assert [one.status_code for one in (public, stranger, guest, other, again)] == [200, 401, 200, 401, 401]
    assert guest.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in guest.headers
