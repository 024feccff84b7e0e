"""The opening handshake of RFC 6455 §4.2, checked before anything is upgraded, and the Origin check left to us."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest, HTTPException
from wsproto.utilities import generate_accept_token

VERSION = "13"
_NONCE_BYTES = 16
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class UpgradeRequired(HTTPException):
    """426: the client speaks another version of the protocol (RFC 6455 §4.4)."""

    code = 426
    description = f"This address speaks WebSocket version {VERSION}."

    def get_headers(self, *arguments: Any, **options: Any) -> list[tuple[str, str]]:
        return [
            *super().get_headers(*arguments, **options),
            ("Sec-WebSocket-Version", VERSION),
            ("Upgrade", "websocket"),
        ]


def accept_token(environ: Mapping[str, Any]) -> str:
    """Check the client's opening handshake and answer its key.

    Returns:
        The value of `Sec-WebSocket-Accept`.

    Raises:
        BadRequest: it is no valid handshake.
        UpgradeRequired: it is one of another version.
    """
    if environ["REQUEST_METHOD"] != "GET" or environ.get("SERVER_PROTOCOL") != "HTTP/1.1":
        raise BadRequest("A WebSocket begins with a GET of HTTP/1.1.")
    if "websocket" not in _tokens(environ, "HTTP_UPGRADE") or "upgrade" not in _tokens(environ, "HTTP_CONNECTION"):
        raise BadRequest("A WebSocket begins with an upgrade.")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != VERSION:
        raise UpgradeRequired
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip()
    if not _is_nonce(key):
        raise BadRequest("Sec-WebSocket-Key must be 16 bytes in base64.")
    return generate_accept_token(key.encode("ascii")).decode("ascii")


def origin_allowed(origin: str | None, *, scheme: str, host: str, required: bool) -> bool:
    """Whether a page of this very host opened the socket: browsers let any page open one, with the visitor's cookies.

    Args:
        origin: the Origin header, None without one: then it is not a browser.
        scheme: that of the handshake (`http` or `https`), as the trusted proxies say.
        host: the Host header, with its port if it has one.
        required: refuse whoever sends no Origin (sockets for members).
    """
    if origin is None:
        return not required
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"{scheme}://{host}")
        same_port = _port(theirs.scheme, theirs.port) == _port(ours.scheme, ours.port)
    except ValueError:
        return False
    if theirs.scheme not in ("http", "https") or theirs.path or theirs.query or theirs.fragment or "@" in theirs.netloc:
        return False
    if ours.scheme in ("https", "wss") and theirs.scheme != "https":
        return False  # a page that came unencrypted may be anybody's
    # A proxy that ends TLS and does not say so makes our scheme `http`; then both default ports mean the same.
    defaults = theirs.port is None and ours.port is None
    return theirs.hostname is not None and theirs.hostname == ours.hostname and (same_port or defaults)


def _tokens(environ: Mapping[str, Any], name: str) -> set[str]:
    return {token.strip().lower() for token in environ.get(name, "").split(",")}


def _is_nonce(key: str) -> bool:
    try:
        return len(b64decode(key, validate=True)) == _NONCE_BYTES
    except (binascii.Error, ValueError):
        return False


def _port(scheme: str, port: int | None) -> int | None:
    return port or _DEFAULT_PORTS.get(scheme)
