"""The bare address."""

from tests.browsers import HttpBrowser


def test_the_bare_address_leads_to_signing_in_and_back(client: HttpBrowser) -> None:
    response = client.get("/")

    assert response.status_code == 302
    assert response.headers["Location"] == "/auth/sign-in?next=/"
