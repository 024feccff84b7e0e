"""A browser's push service over real HTTP on 127.0.0.1, and browsers behind it that can read what is sent to them."""

import base64
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass
class FakeBrowser:
    """One subscription: what the page is told of it, and what it got."""

    origin: str
    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    got: list[Mapping[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    status: int = 201
    """How the service answers for it."""

    @property
    def endpoint(self) -> str:
        return f"{self.origin}/push/{self.name}"

    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` has it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "keys": {"p256dh": _base64(point), "auth": _base64(self.secret)}}

    def take(self, body: bytes, headers: Mapping[str, str]) -> None:
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        self.got.append(json.loads(text))
        self.headers.append(headers)


class FakePushService:
    """The service; `browser` makes one more subscription of it."""

    def __init__(self) -> None:
        self.browsers: dict[str, FakeBrowser] = {}
        self.origin = ""

    def browser(self, name: str = "ada") -> FakeBrowser:
        self.browsers[name] = FakeBrowser(self.origin, name)
        return self.browsers[name]


@contextmanager
def fake_push_service() -> Iterator[FakePushService]:
    service = FakePushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            browser = service.browsers[self.path.rpartition("/")[2]]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if browser.status < 300:
                browser.take(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(browser.status)
            if browser.status == 429:
                self.send_header("Retry-After", "30")
            self.send_header("Location", f"{service.origin}/message/1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
