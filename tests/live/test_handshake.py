"""Whose pages may open a socket: any site's page can try to, and the browser sends our cookies along."""

import pytest

from app.live.handshake import origin_allowed


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("https://status.example.com", "https", "status.example.com"),
        ("https://STATUS.example.com", "https", "Status.Example.com"),
        ("https://status.example.com", "https", "status.example.com:443"),
        ("http://localhost:8000", "http", "localhost:8000"),
        ("http://[::1]:8000", "http", "[::1]:8000"),
        ("https://status.example.com", "http", "status.example.com"),  # a proxy that does not say it ended TLS
    ],
)
def test_the_same_host_may(origin: str, scheme: str, host: str) -> None:
    assert origin_allowed(origin, scheme=scheme, host=host, required=True)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://status.example.com.evil.example",
        "https://evil.example/status.example.com",
        "https://status.example.com@evil.example",
        "https://evil.example@status.example.com",
        "https://status.example.com:8443",
        "https://sub.status.example.com",
        "http://status.example.com",
        "https://status.example.com/path",
        "chrome-extension://status.example.com",
        "file://",
        "null",
        "",
        "https://",
        "https://[bad",
        "https://status.example.com:notaport",
    ],
)
def test_nobody_else_may(origin: str) -> None:
    assert not origin_allowed(origin, scheme="https", host="status.example.com", required=False)


@pytest.mark.parametrize("required", [True, False])
def test_who_sends_no_origin_may_only_where_none_is_required(required: bool) -> None:
    assert origin_allowed(None, scheme="https", host="status.example.com", required=required) is not required
