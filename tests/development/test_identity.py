"""The local provider: it vouches for whom it should, needs nothing from elsewhere, and stays out of production."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from app.development import identity
from app.development.people import PEOPLE, Person, issuer

# Said by the provider's library about itself; it is not ours to change.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

ISSUER = issuer(8001)
REQUEST = {
    "client_id": "upfront-development",
    "redirect_uri": "http://localhost:8000/auth/callback",
    "response_type": "code",
    "scope": "openid email profile",
    "state": "a-state",
    "nonce": "a-nonce",
}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    return identity.create_provider().test_client()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.role)
def test_the_people_of_the_demo_sign_in_with_one_click(provider: FlaskClient, person: Person) -> None:
    claims = sign_in(provider, person.subject)

    assert (claims["sub"], claims["email"], claims["name"]) == (person.subject, person.email, person.name)
    assert claims["email_verified"] is True


def test_a_typed_address_is_vouched_for(provider: FlaskClient) -> None:
    claims = sign_in(provider, "Kim.Larsen+work@Example.com")

    assert claims["sub"] == "Kim.Larsen+work@Example.com"
    assert claims["email"] == "kim.larsen+work@example.com"
    assert claims["email_verified"] is True


def test_the_same_address_is_the_same_person_again(provider: FlaskClient) -> None:
    first = sign_in(provider, "kim@example.com")
    second = sign_in(provider, "kim@example.com")

    assert first["sub"] == second["sub"]


def test_the_token_names_the_issuer_and_carries_the_nonce(provider: FlaskClient) -> None:
    claims = sign_in(provider, PEOPLE[0].subject)

    assert (claims["iss"], claims["nonce"]) == (ISSUER, "a-nonce")


def test_cancelling_leads_back_with_an_error(provider: FlaskClient) -> None:
    answer = provider.post("/oauth2/authorize", query_string=REQUEST, data={"action": "deny"}, base_url=ISSUER)

    assert parse_qs(urlsplit(answer.location).query)["error"] == ["access_denied"]


def test_the_page_loads_nothing_from_elsewhere(provider: FlaskClient) -> None:
    page = provider.get("/oauth2/authorize", query_string=REQUEST, base_url=ISSUER)

    assert page.status_code == 200
    assert "mara@northwind.example" in page.text
    assert "//" not in page.text.replace("http://localhost:8000/auth/callback", "")


def test_a_broken_request_gets_a_page_and_no_debugger(provider: FlaskClient) -> None:
    page = provider.get("/oauth2/authorize", base_url=ISSUER)

    assert page.status_code == 400
    assert "//" not in page.text
    assert not identity.create_provider().debug


def test_it_refuses_to_run_in_production(capsys: pytest.CaptureFixture[str]) -> None:
    code = identity.main({"APP_ENV": "production"})

    assert code == 1
    assert "does not run in production" in capsys.readouterr().err


def sign_in(provider: FlaskClient, subject: str) -> Mapping[str, object]:
    """Go through the provider as a browser and the application would; gives the claims of the ID token."""
    answer = provider.post("/oauth2/authorize", query_string=REQUEST, data={"sub": subject}, base_url=ISSUER)
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REQUEST["redirect_uri"]}
    token = provider.post("/oauth2/token", data=form, auth=("upfront-development", "any"), base_url=ISSUER)
    payload = token.get_json()["id_token"].split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
