"""Walks the map of addresses with every count full: who asks is told when to come back, in what they asked for."""

import json

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.extensions import limiter
from tests.access.test_gate import HANDSHAKE, path_of
from tests.browsers import HttpBrowser
from tests.builders import Team

UNCOUNTED = {
    "api.allow_everybody": "says the same of every page, and reads nothing",
    "api.show_status": "has one address, so all its visitors together cause one miss for each change",
    "public.show_page": "has one address, so all its visitors together cause one miss for each change",
    "public.show_subscribe": "leads back to the page, and reads nothing else",
    "public.show_follow": "leads back to the incident, and reads nothing else",
    "public.show_unsubscribe": "leaving has no limit: many people's mail programs share an address",
    "public.unsubscribe": "leaving has no limit: many people's mail programs share an address",
    "health.healthz": "for whoever keeps us running",
    "health.readyz": "for whoever keeps us running",
    "static": "files of ours",
    "webhooks.resend": "the provider's, known by its signature; each report is one mail of ours",
}
"""Public addresses that are not counted one by one, and why."""

OURS = ("dashboard.", "dev.", "auth.")
"""For those who are signed in, or who sign in: what of these is counted is told where it is used."""


def full(app: Flask, client: HttpBrowser, rule: Rule, **headers: str) -> TestResponse:
    method = "GET" if "GET" in (rule.methods or {"GET"}) else "POST"
    url = {"base_url": "ws://localhost"} if rule.websocket else {}
    return client.open(
        path_of(app, rule), method=method, headers=headers | (HANDSHAKE if rule.websocket else {}), **url
    )


def test_whatever_is_public_is_counted_or_says_why_not(
    app: Flask, client: HttpBrowser, team: Team, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limiter.limiter, "hit", lambda *_, **__: False)
    public = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(OURS)]

    pages = {rule.endpoint: full(app, client, rule) for rule in public}
    fragments = {rule.endpoint: full(app, client, rule, **{"HX-Request": "true"}) for rule in public}

    assert {endpoint for endpoint, answer in pages.items() if answer.status_code != 429} == UNCOUNTED.keys()
    for endpoint in pages.keys() - UNCOUNTED.keys():
        for answer in (pages[endpoint], fragments[endpoint]):
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True), endpoint
        assert "<html" not in fragments[endpoint].text, endpoint
        if endpoint.startswith("api."):
            assert json.loads(pages[endpoint].text)["status"] == 429
