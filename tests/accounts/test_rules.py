"""What is believed of an identity provider's claims."""

import pytest

from app.accounts.rules import ClaimsRefused, read_claims

TOLD = {
    "iss": "https://accounts.google.com",
    "sub": "1234",
    "email": " Mara@Northwind.example",
    "email_verified": True,
    "name": "Mara Lind",
}


def test_name_and_address_are_read_as_they_are_kept():
    claims = read_claims(TOLD | {"name": "Mara\x00\nLind\u202e"})

    assert (claims.email, claims.name) == ("mara@northwind.example", "Mara Lind")


@pytest.mark.parametrize("email", [f"{'x' * 250}@northwind.example", "mara\x00@northwind.example", "a b@c.example"])
def test_an_address_that_cannot_be_is_refused(email: str):
    with pytest.raises(ClaimsRefused, match="no mail reaches"):
        read_claims(TOLD | {"email": email})


def test_a_subject_that_cannot_be_kept_is_refused():
    with pytest.raises(ClaimsRefused, match="did not say who you are"):
        read_claims(TOLD | {"sub": "12\x0034"})
