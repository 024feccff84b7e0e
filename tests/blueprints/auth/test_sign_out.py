"""Signing out, here and everywhere."""

import pytest
from flask.sessions import SecureCookieSessionInterface

from tests.blueprints.auth.conftest import Visitor

# The local provider's library uses parts of Authlib that will move one day.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

MARA = "mara@northwind.example"


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.browser.get("/onboarding").status_code == 200


def test_signing_out_ends_this_browsers_session_and_no_other(visitor: Visitor, another: Visitor):
    visitor.sign_in(MARA)
    another.sign_in(MARA)

    answer = visitor.browser.submit("/auth/sign-out")

    assert answer.location == "/auth/sign-in"
    assert not is_signed_in(visitor)
    assert is_signed_in(another)


def test_a_copied_cookie_is_worth_nothing_after_signing_out(visitor: Visitor):
    visitor.sign_in(MARA)
    with visitor.browser.session_transaction() as cookie:
        copied = dict(cookie)

    visitor.browser.submit("/auth/sign-out")
    with visitor.browser.session_transaction() as cookie:
        cookie.update(copied)

    assert not is_signed_in(visitor)


def test_signing_out_everywhere_takes_effect_on_the_next_request_of_the_other_browser(
    visitor: Visitor, another: Visitor
):
    visitor.sign_in(MARA)
    another.sign_in(MARA)

    visitor.browser.submit("/auth/sign-out-everywhere")

    assert not is_signed_in(visitor)
    assert not is_signed_in(another)


def test_a_forged_cookie_signs_nobody_in(visitor: Visitor):
    serializer = SecureCookieSessionInterface().get_signing_serializer(visitor.browser.application)
    assert serializer is not None
    visitor.browser.set_cookie("session", str(serializer.dumps({"_user_id": "guessed"})))

    assert not is_signed_in(visitor)


def test_signing_out_twice_is_fine(visitor: Visitor):
    visitor.sign_in(MARA)
    visitor.browser.submit("/auth/sign-out")

    assert visitor.browser.submit("/auth/sign-out").location == "/auth/sign-in"


def test_signing_out_needs_our_own_form(visitor: Visitor):
    visitor.sign_in(MARA)

    assert visitor.browser.get("/auth/sign-out").status_code == 405
    assert visitor.browser.post("/auth/sign-out").status_code == 400
    assert is_signed_in(visitor)
