import pytest
from flask import Flask

from app.extensions import client_address


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "unknown"),
    ],
)
def test_limits_count_whoever_can_choose_the_address(app: Flask, peer: str, counted: str):
    with app.test_request_context(environ_base={"REMOTE_ADDR": peer}):
        assert client_address() == counted
