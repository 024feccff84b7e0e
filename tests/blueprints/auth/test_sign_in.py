"""Signing in against a real OpenID provider over HTTP: the same code that talks to Google."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import travel
from werkzeug.test import TestResponse

from app import clock
from app.accounts.models import Identity, SignInSession, User
from app.accounts.rules import ABSOLUTE_LIMIT, IDLE_LIMIT
from app.database.scope import system_scope
from tests.blueprints.auth.conftest import SECURE, Provider, Visitor, make_application
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser

# The local provider's library uses parts of Authlib that will move one day.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

MARA = "mara@northwind.example"


def asked(authorization_url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.browser.get("/onboarding").status_code == 200


def why_refused(answer: TestResponse) -> str:
    return read(answer.text).one("div", class_="notice").text


def count(table: type) -> int:
    with system_scope("a test counts rows") as scope:
        return scope.session.scalar(select(func.count()).select_from(table)) or 0


def test_the_first_sign_in_leads_to_onboarding_and_then_to_the_dashboard(visitor: Visitor):
    first = visitor.sign_in(MARA)
    way = visitor.browser.get(first.location)
    form = read(visitor.browser.get(way.location).text).all("form")[0]

    made = visitor.browser.submit("/onboarding", form.fields() | {"name": "Northwind", "slug": "northwind"})

    assert (first.location, way.location) == ("/dashboard", "/onboarding")
    assert (made.status_code, made.location) == (303, "/dashboard/northwind/")
    assert "Mara Lind" in read(visitor.browser.get(made.location).text).one("div", class_="account").text


def test_the_next_sign_in_leads_straight_to_the_dashboard(visitor: Visitor, another: Visitor):
    visitor.sign_in(MARA)
    visitor.browser.submit("/onboarding", {"name": "Northwind", "slug": "northwind", "time_zone": "UTC"})

    answer = another.sign_in(MARA)

    assert another.browser.get(answer.location).location == "/dashboard/northwind/"


def test_the_request_carries_pkce_state_and_nonce(visitor: Visitor, provider: Provider):
    url = visitor.start()
    visitor.return_by(provider.answer(url, MARA))

    sent = asked(url)
    verifier = provider.token_requests[0]["code_verifier"]
    digest = hashlib.sha256(verifier.encode()).digest()
    assert sent["code_challenge_method"] == "S256"
    assert sent["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert set(sent["scope"].split()) == {"openid", "email", "profile"}
    assert min(len(sent["state"]), len(sent["nonce"])) >= 16
    assert sent["redirect_uri"] == "http://localhost/auth/callback"
    assert is_signed_in(visitor)


def test_a_state_of_nobody_is_explained(visitor: Visitor, provider: Provider):
    callback = provider.answer(visitor.start(), MARA)

    answer = visitor.return_by(re.sub("state=[^&]+", "state=forged", callback))

    assert answer.status_code == 400
    assert "begun in another browser" in why_refused(answer)
    assert not is_signed_in(visitor)


def test_an_answer_meant_for_another_browser_signs_nobody_in(visitor: Visitor, another: Visitor, provider: Provider):
    callback = provider.answer(visitor.start(), MARA)

    answer = another.return_by(callback)

    assert answer.status_code == 400
    assert not is_signed_in(another)


def test_a_token_for_another_request_is_refused(visitor: Visitor, provider: Provider):
    url = visitor.start()
    with visitor.browser.session_transaction() as cookie:
        key = f"_state_google_{asked(url)['state']}"
        cookie[key] = {**cookie[key], "data": {**cookie[key]["data"], "nonce": "another"}}

    answer = visitor.return_by(provider.answer(url, MARA))

    assert answer.status_code == 400
    assert "could not be verified" in why_refused(answer)
    assert not is_signed_in(visitor)


def test_a_code_works_once(visitor: Visitor, provider: Provider):
    callback = provider.answer(visitor.start(), MARA)
    visitor.return_by(callback)
    visitor.browser.submit("/auth/sign-out")

    answer = visitor.return_by(callback)

    assert answer.status_code == 400
    assert not is_signed_in(visitor)


@pytest.mark.parametrize(("claim", "reason"), [(False, "has not verified"), (None, "has not verified")])
def test_an_address_that_is_not_verified_is_refused(
    visitor: Visitor, provider: Provider, claim: bool | None, reason: str
):
    provider.know("unverified", email="nina@northwind.example", email_verified=claim, name="Nina")

    answer = visitor.sign_in("unverified")

    assert answer.status_code == 403
    assert reason in why_refused(answer)
    assert "nina@northwind.example" in why_refused(answer)
    assert count(User) == 0


def test_an_account_without_an_address_is_refused(visitor: Visitor, provider: Provider):
    provider.know("nameless", email_verified=True)

    answer = visitor.sign_in("nameless")

    assert answer.status_code == 403
    assert "needs it" in why_refused(answer)


def test_cancelling_is_explained_and_harms_nothing(visitor: Visitor, provider: Provider):
    url = visitor.start("/dashboard/northwind/")
    callback = provider.cancel(url).partition("?")[0]

    answer = visitor.return_by(f"{callback}?error=access_denied&state={asked(url)['state']}")

    page = read(answer.text)
    assert answer.status_code == 200
    assert why_refused(answer) == "You did not finish signing in with Google. Nothing was changed."
    assert page.one("input", name="next").value == "/dashboard/northwind/"
    assert not is_signed_in(visitor)


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=server_error", "?code=&state="])
def test_a_broken_answer_is_explained(visitor: Visitor, query: str):
    answer = visitor.browser.get(f"/auth/callback{query}")

    assert answer.status_code == 400
    assert "Start again." in why_refused(answer)


def test_a_provider_that_is_away_is_no_error_of_ours(app: Flask, test_settings):
    for made in make_application(replace(test_settings, oidc_issuer="http://127.0.0.1:1")):
        browser = HttpBrowser(made, made.response_class)

        answer = browser.submit("/auth/sign-in")

        assert answer.status_code == 503
        assert "does not answer just now" in why_refused(answer)


def test_two_tabs_at_once_both_arrive_where_they_wanted(visitor: Visitor, provider: Provider):
    first = visitor.start("/dashboard/one/")
    second = visitor.start("/dashboard/two/")

    later = visitor.return_by(provider.answer(second, MARA))
    earlier = visitor.return_by(provider.answer(first, MARA))

    assert (earlier.location, later.location) == ("/dashboard/one/", "/dashboard/two/")
    assert is_signed_in(visitor)
    assert count(User) == 1


def test_many_begun_sign_ins_do_not_overflow_the_cookie(visitor: Visitor, provider: Provider):
    for _ in range(25):
        url = visitor.start("/dashboard/a-rather-long-way-on/incidents/01a1fdaa-1a4b-76db-93a1-dcf748a1f489")

    cookie = visitor.browser.get_cookie("session")

    assert cookie is not None
    assert len(cookie.value) < 3000
    assert visitor.return_by(provider.answer(url, MARA)).status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\tevil", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(visitor: Visitor, target: str):
    page = visitor.browser.get("/auth/sign-in", query_string={"next": target})
    answer = visitor.sign_in(MARA, target)

    assert read(page.text).all("input", name="next") == []
    assert answer.location == "/dashboard"


def test_who_was_sent_to_sign_in_comes_back_to_the_page_they_wanted(visitor: Visitor):
    sent = visitor.browser.get("/dashboard/northwind/services?x=1")
    form = read(visitor.browser.get(sent.location).text).one("form")

    answer = visitor.sign_in(MARA, form.fields()["next"])

    assert answer.location == "/dashboard/northwind/services?x=1"


def test_the_session_is_a_new_one_at_each_sign_in(visitor: Visitor):
    visitor.sign_in(MARA)
    with visitor.browser.session_transaction() as cookie:
        first = cookie["_user_id"]
    visitor.sign_in(MARA)
    with visitor.browser.session_transaction() as cookie:
        second = cookie["_user_id"]
        cookie["_user_id"] = first

    assert first != second
    assert not is_signed_in(visitor)
    assert count(SignInSession) == 1


def test_nothing_planted_in_the_cookie_before_survives_signing_in(visitor: Visitor):
    with visitor.browser.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"

    visitor.sign_in(MARA)

    with visitor.browser.session_transaction() as cookie:
        assert "planted" not in cookie


def test_a_person_is_known_by_issuer_and_subject_and_never_by_the_address(
    visitor: Visitor, another: Visitor, provider: Provider
):
    provider.know("subject-1", email="shared@northwind.example", email_verified=True, name="First")
    provider.know("subject-2", email="shared@northwind.example", email_verified=True, name="Second")
    visitor.sign_in("subject-1")
    another.sign_in("subject-2")
    provider.know("subject-1", email="renamed@northwind.example", email_verified=True, name="First")

    visitor.sign_in("subject-1")

    assert (count(User), count(Identity)) == (2, 2)


def test_a_session_that_is_not_used_ends(visitor: Visitor):
    visitor.sign_in(MARA)

    with travel(clock.now() + IDLE_LIMIT, tick=False):
        assert not is_signed_in(visitor)


def test_a_session_that_is_used_ends_after_thirty_days_all_the_same(visitor: Visitor):
    visitor.sign_in(MARA)
    began = clock.now()

    for day in (10, 20):
        with travel(began + timedelta(days=day), tick=False):
            assert is_signed_in(visitor)
    with travel(began + ABSOLUTE_LIMIT, tick=False):
        assert not is_signed_in(visitor)


def test_whoever_is_signed_in_already_is_not_asked_again(visitor: Visitor):
    visitor.sign_in(MARA)

    assert visitor.browser.get("/auth/sign-in?next=/onboarding").location == "/onboarding"
    assert visitor.browser.get("/auth/sign-in").location == "/dashboard"


def test_the_cookie_is_kept_from_scripts_and_other_sites(visitor: Visitor):
    visitor.sign_in(MARA)

    cookie = visitor.browser.get_cookie("session")

    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")


def test_over_https_the_cookie_stays_there_and_with_this_host(secure_app: Flask, provider: Provider):
    browser = HttpBrowser(secure_app, secure_app.response_class)

    answer = browser.submit("/auth/sign-in", base_url=SECURE)

    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    flags = {flag.strip() for flag in rest.split(";")[1:]}
    assert name == "__Host-session"
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= flags
    assert not any(flag.startswith("Domain") for flag in flags)
    assert asked(answer.location)["redirect_uri"] == f"{SECURE}/auth/callback"


def test_the_cookie_says_nothing_about_the_person(visitor: Visitor):
    visitor.sign_in(MARA)

    with visitor.browser.session_transaction() as cookie:
        kept = str(dict(cookie))

    assert "mara" not in kept.lower()


def test_starting_again_and_again_is_slowed_down(visitor: Visitor):
    *let_through, last = [visitor.browser.submit("/auth/sign-in") for _ in range(31)]

    assert {answer.status_code for answer in let_through} == {302}
    assert (last.status_code, last.headers["Retry-After"]) == (429, "60")


def test_a_sign_in_needs_our_own_form(visitor: Visitor):
    assert visitor.browser.post("/auth/sign-in").status_code == 400
    assert visitor.browser.submit("/auth/sign-in", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
