"""A write must come from our own pages, whatever cookie it carries."""

import pytest
from werkzeug.datastructures import Headers

from app.web.origin import comes_from_elsewhere
from tests.browsers import HttpBrowser
from tests.builders import Team

HOST = "status.example.com"


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": f"https://{HOST}"}, True),
        ({"Origin": f"https://{HOST}"}, False),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": f"https://{HOST}.evil.example"}, True),
        ({"Origin": f"https://{HOST}:8443"}, True),
        ({"Origin": "null"}, True),
        ({}, False),
    ],
)
def test_a_browser_says_where_a_request_comes_from(headers: dict[str, str], elsewhere: bool):
    assert comes_from_elsewhere(Headers(headers), HOST) is elsewhere


def test_another_sites_form_is_refused_although_it_has_cookie_and_token(team: Team):
    browser = team.founder.browser()

    answer = browser.submit(
        f"/dashboard/{team.slug}/groups", {"name": "Theirs"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert "This came from another site" in answer.text


def test_reading_is_free_for_links_from_anywhere(client: HttpBrowser):
    assert client.get("/auth/sign-in", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
