"""Only what a browser's own push service gave out is taken: a visitor's word never sends us anywhere else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.push.keys import public_key
from app.push.rules import MOST_BODY_CHARACTERS, read_endpoint, shorten

KEY = base64.urlsafe_b64encode(b"\x04" + bytes(range(64))).rstrip(b"=").decode()
SECRET = base64.urlsafe_b64encode(bytes(16)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QNlX",
        "https://db5p.notify.windows.com/w/?token=BQYA",
    ],
)
def test_the_push_services_of_browsers_are_taken(url: str):
    endpoint = read_endpoint(url, KEY, SECRET)

    assert endpoint is not None
    assert (endpoint.url, len(endpoint.public_key), endpoint.secret) == (url, 65, bytes(16))


@pytest.mark.parametrize(
    "url",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com.evil.example/",
        "https://evilfcm.googleapis.com@127.0.0.1/",
        "https://user@fcm.googleapis.com/",
        "https://fcm.googleapis.com:8443/",
        "https://127.0.0.1/fcm.googleapis.com",
        "https://169.254.169.254/latest/meta-data",
        "https://notgoogleapis.com/",
        "https://127.0.0.1\\.push.apple.com/",
        "https://evil.example%2f.push.apple.com/",
        "https://evil.example;.push.apple.com/",
        "https://[::1]/",
        "https://fcm.googleapis.com:port/",
        "https://fcm.googleapis.com/" + "x" * 1_000,
        "https://fcm.googleapis.com/\r\nHost: evil.example",
        "file:///etc/passwd",
        "",
        None,
        7,
    ],
)
def test_every_other_address_is_refused(url: object):
    assert read_endpoint(url, KEY, SECRET) is None


@pytest.mark.parametrize(
    ("key", "secret"), [("", SECRET), (KEY, ""), (KEY[:-4], SECRET), ("A" * 87, SECRET), (KEY, "!!"), (KEY, None)]
)
def test_keys_that_no_browser_makes_are_refused(key: object, secret: object):
    assert read_endpoint("https://fcm.googleapis.com/a", key, secret) is None


@given(st.text(max_size=1_000))
def test_a_message_is_one_line_that_fits(text: str):
    assert len(shorten(text)) <= MOST_BODY_CHARACTERS
    assert "\n" not in shorten(text)


def test_the_key_goes_with_the_secret_and_stays_the_same():
    assert public_key("one") == public_key("one") != public_key("two")
    assert len(public_key("one")) == 87
