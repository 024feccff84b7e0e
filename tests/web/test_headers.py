"""Headers on every answer, errors too."""

import re

import pytest
from flask import Flask

from app.web.headers import register
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

ANSWERS = ["/auth/sign-in", "/nobody-here/at/all", "/dashboard/northwind/", "/static/nothing.css", "/healthz"]


@pytest.mark.parametrize("path", ANSWERS)
def test_the_policy_and_its_companions_are_on_every_answer(client: HttpBrowser, team: Team, path: str):
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert re.fullmatch("[0-9a-f]{12}", headers["X-Request-Id"])
    assert "Strict-Transport-Security" not in headers


def test_over_https_the_browser_is_told_to_stay_there():
    made = Flask("headers")
    register(made, https=True)

    assert "max-age=63072000" in made.test_client().get("/").headers["Strict-Transport-Security"]


def test_what_somebody_signed_in_sees_is_kept_by_nobody(team: Team):
    answer = team.founder.browser().get(f"/dashboard/{team.slug}/")

    assert answer.headers["Cache-Control"] == "private, no-store"


def test_no_page_of_ours_has_anything_inline(team: Team):
    team.incident(affects={team.service("API"): "partial_outage"})
    browser = team.founder.browser()
    home = f"/dashboard/{team.slug}"

    for path in (f"{home}/", f"{home}/services", f"{home}/incidents/new", f"{home}/account", "/onboarding"):
        page = read(browser.get(path).text)

        assert all("src" in script.attributes for script in page.all("script")), path
        assert page.all("style") == [], path
        everything = page.all()
        assert [one for one in everything if "style" in one.attributes] == [], path
        assert [name for one in everything for name in one.attributes if name.startswith("on")] == [], path
