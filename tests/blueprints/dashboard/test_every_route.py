"""Walks the map of addresses: whoever has no right to one of them is refused there, and learns nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.accounts.queries import sessions_of
from app.database.ids import new_id
from app.incidents.queries import get_incident
from tests.browsers import HttpBrowser
from tests.builders import Team, World

FOR_EVERY_MEMBER = {
    "dashboard.end_one_session": "their own browsers are theirs, whatever their role is",
}
"""Writes that a viewer may do, and why."""


@pytest.fixture
def things(team: Team) -> dict[str, Any]:
    """One of everything that an address may name."""
    group = team.group("Platform")
    service = team.service("API", group)
    incident = team.incident(affects={service: "partial_outage"})
    update = get_incident(team.actor(), incident.id).updates[0]
    return {
        "service_id": service.id,
        "group_id": group.id,
        "incident_id": incident.id,
        "update_id": update.id,
        "session_id": sessions_of(team.founder.user_id)[0].id,
        "day": datetime.now(UTC).date().isoformat(),
    }


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("dashboard.") and method in (rule.methods or ()):
            yield rule


def address(app: Flask, rule: Rule, organization: str, things: dict[str, Any]) -> str:
    values = {name: things[name] for name in rule.arguments if name != "organization"}
    adapter = app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, {"organization": organization, **values}, method=None)


def test_a_viewer_may_write_nothing_of_the_organization(app: Flask, team: Team, viewer: HttpBrowser, things):
    for rule in rules(app, "POST"):
        if rule.endpoint in FOR_EVERY_MEMBER:
            continue

        answer = viewer.submit(address(app, rule, team.slug, things))

        assert answer.status_code == 403, rule
        assert "You are a viewer at Northwind Cloud" in answer.text, rule


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
    app: Flask, world: World, team: Team, admin: HttpBrowser, things
):
    contoso = world.team("Contoso", "contoso")
    group = contoso.group("Theirs")
    service = contoso.service("Theirs", group)
    incident = contoso.incident(affects={service: "major_outage"})
    foreign = {
        "service_id": service.id,
        "group_id": group.id,
        "incident_id": incident.id,
        "update_id": get_incident(contoso.actor(), incident.id).updates[0].id,
        "session_id": sessions_of(contoso.founder.user_id)[0].id,
        "day": things["day"],
    }
    missing = {name: new_id() if isinstance(value, UUID) else value for name, value in foreign.items()}
    fields = {"direction": "up", "name": "x", "title": "xx", "message": "x", "status": "operational"}
    fields |= {"impact": "none", "stage": "resolved"}

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
    assert contoso.status_of(service) == "major_outage"


def own_headers(headers: Any) -> list[tuple[str, str]]:
    """All but the number that each request has."""
    return [(name, value) for name, value in headers if name != "X-Request-Id"]
