"""One error, three answers: a page, a fragment or problem JSON, by who asks. None says more than it should."""

from collections.abc import Callable

import pytest
import structlog
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy.exc import OperationalError

from app.accounts import queries as accounts
from app.blueprints.public import subscribers
from app.web import members
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Has the look-up of a session fail."""

    def fail_with(error: Exception) -> None:
        def fail(_token: str) -> None:
            raise error

        monkeypatch.setattr(members, "find_signed_in", fail)

    return fail_with


def test_whoever_asks_by_htmx_gets_a_fragment(client: HttpBrowser):
    page = client.get("/nobody-here/at/all").text
    fragment = client.get("/nobody-here/at/all", headers={"HX-Request": "true"}).text

    assert "<html" in page
    assert fragment.lstrip().startswith('<div class="card empty" role="alert">')


def test_whoever_asks_the_api_gets_a_problem(client: HttpBrowser):
    answer = client.get("/api/nobody-here/status")

    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == 404


def test_htmx_is_sent_to_sign_in_as_a_whole(client: HttpBrowser, team: Team):
    answer = client.get(f"/dashboard/{team.slug}/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"/auth/sign-in?next=/dashboard/{team.slug}/"


def test_a_fault_of_ours_shows_its_number_and_nothing_else(team: Team, failing: Callable[[Exception], None]):
    browser = team.founder.browser()
    failing(RuntimeError("SELECT secret FROM users"))

    answer = browser.get(f"/dashboard/{team.slug}/")

    assert answer.status_code == 500
    assert read(answer.text).one("code").text == answer.headers["X-Request-Id"]
    assert "SELECT" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("error", [RedisAway("refused"), OperationalError("SELECT 1", {}, Exception("gone"))])
def test_a_part_that_is_away_is_said_plainly(team: Team, failing: Callable[[Exception], None], error: Exception):
    browser = team.founder.browser()
    failing(error)

    answer = browser.get(f"/dashboard/{team.slug}/")

    assert answer.status_code == 503
    assert "Nothing was changed" in answer.text
    assert "SELECT" not in answer.text


@pytest.mark.parametrize("error", [RuntimeError("broken"), RedisAway("refused")])
def test_the_secret_in_an_address_is_not_logged(client: HttpBrowser, monkeypatch: pytest.MonkeyPatch, error: Exception):
    def fail(_slug: str) -> None:
        raise error

    monkeypatch.setattr(subscribers, "open_page", fail)

    with structlog.testing.capture_logs() as logged:
        answer = client.get("/northwind/unsubscribe/0123456789abcdef")

    assert answer.status_code >= 500
    assert logged[-1]["route"] == "/<slug>/unsubscribe/<token>"
    assert "0123456789abcdef" not in str(logged)


def test_a_form_older_than_its_session_is_explained(team: Team):
    answer = team.founder.browser().post(f"/dashboard/{team.slug}/groups", data={"csrf_token": "old"})

    assert answer.status_code == 400
    assert read(answer.text).one("h1").text == "This form has expired"
    assert (
        "Nothing was changed. Copy what you wrote, if anything; then load the page again and send it once more."
        in answer.text
    )
    assert "CSRF" not in read(answer.text).one("main").text


def test_a_method_that_an_address_does_not_have_is_refused(client: HttpBrowser):
    assert client.open("/auth/sign-in", method="DELETE").status_code == 405


def test_a_body_that_is_too_large_is_refused_in_words_that_help(app: Flask, team: Team):
    answer = team.founder.browser().submit(f"/dashboard/{team.slug}/groups", {"name": "x" * 300_000})

    assert answer.status_code == 413
    assert read(answer.text).one("h1").text == "That is more than can be sent at once"
    assert "shorten it or choose a smaller file" in answer.text


def test_a_session_is_looked_up_once_for_a_request(team: Team, monkeypatch: pytest.MonkeyPatch):
    browser = team.founder.browser()
    looked_up: list[str] = []

    def note(token: str) -> object:
        looked_up.append(token)
        return accounts.find_signed_in(token)

    monkeypatch.setattr(members, "find_signed_in", note)
    browser.get(f"/dashboard/{team.slug}/")

    assert len(looked_up) == 1
