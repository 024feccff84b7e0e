"""Walks the map of addresses: whoever has no right to one of them is refused there, and learns nothing.

What a role may write is held three times: the route refuses, the page offers nothing, and the database lets nothing
through even where the route has let them in.
"""

from collections.abc import Callable, Iterator, Set
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.accounts.queries import find_signed_in
from app.database.ids import new_id
from app.organizations.rules import Role
from app.tables import Base
from app.teams.actions import change_role
from app.web import members
from tests.blueprints.dashboard.samples import (
    BY_HAND,
    DRAWS_ONLY,
    WRITES_NOTHING,
    Forms,
    address,
    endpoint_of,
    forms,
    in_turn,
    one_of_everything,
    pages,
    required_role,
    rules,
)
from tests.blueprints.reading import Element
from tests.browsers import HttpBrowser
from tests.builders import Team, World

FOR_EVERY_MEMBER = {
    "dashboard.end_one_session": "their own browsers are theirs, whatever their role is",
    "dashboard.leave": "nobody is held",
    "dashboard.save_profile": "their own name, time zone and language",
    "dashboard.upload_picture": "their own picture",
    "dashboard.remove_picture": "their own picture",
}
"""Writes that a viewer may do, and why."""

Snapshot = Callable[[], dict[str, str]]

BELOW_ADMIN = (Role.VIEWER, Role.EDITOR)

LAST = {"dashboard.move", "dashboard.close"}
"""After these nothing else is where it was."""

KEPT_BY_ADMINS = ("/members", "/pages", "/settings", "/audit")
"""Below these addresses an editor sees nothing and changes nothing."""


@pytest.fixture
def things(team: Team) -> dict[str, Any]:
    """One of everything that an address may name."""
    return one_of_everything(team)


@pytest.fixture
def snapshot(owner_url: str) -> Iterator[Snapshot]:
    """What stands in each table, as a number that changes with it. Looking at a page leaves a trace in `sessions`."""
    tables = sorted(set(Base.metadata.tables) - {"sessions"})
    rows = "md5(coalesce(string_agg(one::text, ',' ORDER BY one::text), ''))"
    statement = text(
        " UNION ALL ".join(f"SELECT '{table}' AS name, {rows} AS digest FROM {table} AS one" for table in tables)
    )
    engine = create_engine(owner_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as owner:
        yield lambda: {row.name: row.digest for row in owner.execute(statement)}


def test_every_write_requires_a_role_or_says_why_not(app: Flask):
    free = {rule.endpoint for rule in rules(app, "POST") if required_role(app, rule.endpoint) is None}

    assert free == set(FOR_EVERY_MEMBER)


def test_members_pages_settings_and_the_log_are_kept_by_admins(app: Flask):
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            below = rule.rule.removeprefix("/dashboard/<organization>")
            if below.startswith(KEPT_BY_ADMINS) and "leav" not in rule.endpoint:
                assert required_role(app, rule.endpoint) is Role.ADMIN, rule


@pytest.mark.parametrize("role", BELOW_ADMIN)
def test_a_route_refuses_whoever_lacks_its_role(app: Flask, team: Team, things, role: Role):
    browser = team.member(role).browser()
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            required = required_role(app, rule.endpoint)
            if required is None or role.includes(required):
                continue
            token = {"csrf_token": browser.csrf_token()} if method == "POST" else None

            answer = browser.open(address(app, rule, team.slug, things), method=method, data=token)

            assert answer.status_code == 403, rule
            assert f"You are {'an' if role is Role.EDITOR else 'a'} {role} at Northwind Cloud" in answer.text, rule


def test_whoever_has_lost_a_role_changes_nothing_wherever_that_is_noticed(
    app: Flask, team: Team, things, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    """Between a page and its form the route refuses them, as every other member. Past the route the database does; and
    where both believe that they are an admin still, because their request had begun before, the action asks once more.
    """
    demoted = team.join(team.world.person("Ada Zweig"), Role.ADMIN)
    as_they_were, look_up = find_signed_in(demoted.token), find_signed_in
    browser = demoted.browser()
    offered = forms(app, browser, team.slug, things)
    required = {endpoint: required_role(app, endpoint) or Role.VIEWER for endpoint in offered}
    for_admins = {endpoint: form for endpoint, form in offered.items() if required[endpoint] is Role.ADMIN}
    change_role(demoted.user_id, Role.EDITOR, by=team.actor())
    viewer = team.member(Role.VIEWER).browser()
    viewer.get(f"/dashboard/{team.slug}/")
    for_editors = {endpoint: form for endpoint, form in offered.items() if required[endpoint] is Role.EDITOR}
    before = snapshot()

    refused = {"route": answers(browser, for_admins)}
    with monkeypatch.context() as patched:
        patched.setattr(
            members, "find_signed_in", lambda token: as_they_were if token == demoted.token else look_up(token)
        )
        refused["action"] = answers(browser, for_admins)
    monkeypatch.setattr(Role, "includes", lambda self, other: True)
    past_the_route = [answers(browser, for_admins), answers(viewer, for_admins | for_editors)]

    assert refused == {place: dict.fromkeys(for_admins, 403) for place in ("route", "action")}
    assert [{endpoint for endpoint in found if found[endpoint] < 400} for found in past_the_route] == [set(), set()]
    assert changed(before, snapshot()) == []


def answers(browser: HttpBrowser, offered: Forms) -> dict[str, int]:
    """What these forms are answered with, by endpoint."""
    return {
        endpoint: browser.submit(path, sent, buffered=True).status_code for endpoint, (path, sent) in offered.items()
    }


def test_the_same_forms_do_change_something_for_whoever_may(app: Flask, team: Team, snapshot: Snapshot):
    """Otherwise the test before this one would prove nothing. Which of them leave an entry in the audit log, sent as a
    page offers them, is seen in tests/blueprints/test_every_write.py: here are the others."""
    guarded = {rule.endpoint for rule in rules(app, "POST")} - {*DRAWS_ONLY, *FOR_EVERY_MEMBER}
    others = guarded & {*BY_HAND, *WRITES_NOTHING}
    idle = without_effect(app, team, others - LAST, snapshot)
    for endpoint in LAST:
        idle |= without_effect(app, team.world.team(), {endpoint}, snapshot)

    assert idle == set(), "say in samples.TYPED what is to be typed, or offer a form on a page"


def without_effect(app: Flask, team: Team, endpoints: Set[str], snapshot: Snapshot) -> Set[str]:
    """Which of these change nothing when an admin sends the form that leads there."""
    browser = team.founder.browser()
    offered = forms(app, browser, team.slug, one_of_everything(team), endpoints)
    idle = endpoints - set(offered)
    before = snapshot()
    for endpoint in in_turn(endpoints & set(offered)):
        path, sent = offered[endpoint]
        answer = browser.submit(path, sent, buffered=True)
        after = snapshot()
        if answer.status_code >= 400 or not changed(before, after):
            idle |= {endpoint}
        before = after
    return idle


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [table for table in before if before[table] != after[table]]


@pytest.mark.parametrize("role", BELOW_ADMIN)
def test_pages_offer_nothing_that_would_be_refused(app: Flask, team: Team, things, role: Role):
    browser = team.member(role).browser()
    for path, page in pages(app, browser, team.slug, things):
        for method, target in offers(page, path):
            endpoint = endpoint_of(app, target, method)
            required = required_role(app, endpoint) if endpoint else None

            assert required is None or role.includes(required), (path, method, target)
            if method == "POST" and endpoint and endpoint.startswith("dashboard.") and role is Role.VIEWER:
                assert endpoint in FOR_EVERY_MEMBER, (path, target)


def offers(page: Element, path: str) -> list[tuple[str, str]]:
    """Methods and addresses behind the links, buttons and forms of a page."""
    found = [("GET", link.attributes["href"]) for link in page.all("a") if "href" in link.attributes]
    posted = [form for form in page.all("form") if form.attributes.get("method") == "post"]
    found += [("POST", form.attributes.get("action") or path) for form in posted]
    for attribute, method in (("hx-post", "POST"), ("formaction", "POST"), ("hx-get", "GET")):
        found += [(method, one.attributes[attribute]) for one in page.all() if attribute in one.attributes]
    return found


def test_a_stranger_finds_nothing_and_cannot_tell_it_from_what_never_was(app: Flask, world: World, team: Team, things):
    stranger = world.team("Contoso", "contoso").founder.browser()
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            token = {"csrf_token": stranger.csrf_token()} if method == "POST" else None
            theirs, missing = (
                stranger.open(address(app, rule, slug, things), method=method, data=token)
                for slug in (team.slug, "no-such-organization")
            )

            assert theirs.status_code == 404, rule
            assert theirs.data == missing.data, rule
            assert own_headers(theirs.headers) == own_headers(missing.headers), rule


def test_nobody_signed_in_is_sent_to_sign_in(app: Flask, client: HttpBrowser, team: Team, things):
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            token = {"csrf_token": client.csrf_token()} if method == "POST" else None

            answer = client.open(address(app, rule, team.slug, things), method=method, data=token)

            assert answer.status_code == 302, rule
            assert answer.location.startswith("/auth/sign-in"), rule


def test_every_write_needs_a_token(app: Flask, team: Team, admin: HttpBrowser, things):
    for rule in rules(app, "POST"):
        answer = admin.post(address(app, rule, team.slug, things))

        assert answer.status_code == 400, rule
        assert "This form has expired" in answer.text, rule


def test_another_organizations_ids_are_as_good_as_none(
    app: Flask, world: World, team: Team, admin: HttpBrowser, things, snapshot: Snapshot
):
    foreign = one_of_everything(world.team("Contoso", "contoso"))
    missing = {name: new_id() if isinstance(value, UUID) else value for name, value in foreign.items()}
    fields = {"direction": "up", "name": "x", "title": "xx", "message": "x", "status": "operational"}
    fields |= {"impact": "none", "stage": "resolved", "role": "viewer"}
    before = snapshot()

    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if rule.arguments <= {"organization"}:
                continue
            sent = {"csrf_token": admin.csrf_token(), **fields} if method == "POST" else None
            answers = [
                admin.open(address(app, rule, team.slug, ids), method=method, data=sent) for ids in (foreign, missing)
            ]

            assert [answer.status_code for answer in answers] == [404, 404], rule
            assert answers[0].data == answers[1].data, rule
    assert changed(before, snapshot()) == []


def own_headers(headers: Any) -> list[tuple[str, str]]:
    """All but the number that each request has."""
    return [(name, value) for name, value in headers if name != "X-Request-Id"]
