"""A real OpenID provider on this machine, reached over HTTP by the application and by the browser."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import Any

import pytest
import requests
from flask import Flask, request
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app import create_app
from app.config import Settings
from app.development.identity import create_provider
from app.extensions import db, limiter, oauth
from tests.browsers import HttpBrowser

SECURE = "https://status.northwind.example"


@dataclass
class Provider:
    """The provider's side: what it was asked, and whom it knows."""

    issuer: str
    token_requests: list[dict[str, str]] = field(default_factory=list)

    def know(self, subject: str, **claims: object) -> None:
        """Have an account with these claims."""
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def answer(self, authorization_url: str, subject: str) -> str:
        """Press the button on the provider's page; gives the way back to us, with the code."""
        return self._press(authorization_url, {"sub": subject})

    def cancel(self, authorization_url: str) -> str:
        """Press the other button."""
        return self._press(authorization_url, {"action": "deny"})

    def _press(self, authorization_url: str, form: Mapping[str, str]) -> str:
        answer = requests.post(authorization_url, data=form, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@pytest.fixture(scope="session")
def running_provider() -> Iterator[Provider]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # it speaks plain HTTP, on this machine only
        application = create_provider()
        with make_server("127.0.0.1", 0, application, threaded=True) as server:
            provider = Provider(f"http://127.0.0.1:{server.server_port}")

            @application.before_request
            def note() -> None:
                if request.path == "/oauth2/token":
                    provider.token_requests.append(request.form.to_dict())

            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            yield provider
            server.shutdown()
            thread.join()


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    running_provider.token_requests.clear()
    return running_provider


def make_application(settings: Settings) -> Iterator[Flask]:
    """An application of its own: who the provider is, is decided when it is made.

    These extensions know one application at a time; afterwards they are back with the one that all tests share.
    """
    kept = [(extension, dict(vars(extension))) for extension in (oauth, limiter)]
    oauth._clients = {}
    made = create_app(settings)
    made.testing = True
    made.test_client_class = HttpBrowser
    yield made
    with made.app_context():
        db.engine.dispose()
    made.extensions["upfront.redis"].close()
    made.extensions["upfront.rq_redis"].close()
    for extension, state in kept:
        vars(extension).clear()
        vars(extension).update(state)


@pytest.fixture
def signing_app(app: Flask, test_settings: Settings, provider: Provider) -> Iterator[Flask]:
    """The application, which trusts the running provider."""
    yield from make_application(replace(test_settings, oidc_issuer=provider.issuer))


@pytest.fixture
def secure_app(app: Flask, test_settings: Settings, provider: Provider) -> Iterator[Flask]:
    """The same as people reach it by HTTPS."""
    yield from make_application(replace(test_settings, oidc_issuer=provider.issuer, base_url=SECURE))


@dataclass
class Visitor:
    """Somebody with a browser who wants in."""

    browser: HttpBrowser
    provider: Provider

    def start(self, next_path: str | None = None, **options: Any) -> str:
        """Press "Continue with Google"; gives the provider's address."""
        fields = {"next": next_path} if next_path is not None else {}
        answer = self.browser.submit("/auth/sign-in", fields, **options)
        assert answer.status_code == 302, answer.text
        return answer.location

    def return_by(self, callback: str, **options: Any) -> TestResponse:
        """Follow the provider's way back."""
        return self.browser.get(callback.partition("//")[2].partition("/")[2].join(["/", ""]), **options)

    def sign_in(self, subject: str, next_path: str | None = None) -> TestResponse:
        return self.return_by(self.provider.answer(self.start(next_path), subject))


@pytest.fixture
def visitor(signing_app: Flask, provider: Provider) -> Visitor:
    return Visitor(HttpBrowser(signing_app, signing_app.response_class), provider)


@pytest.fixture
def another(signing_app: Flask, provider: Provider) -> Visitor:
    """A second browser."""
    return Visitor(HttpBrowser(signing_app, signing_app.response_class), provider)
