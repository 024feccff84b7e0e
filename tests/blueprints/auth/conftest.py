"""A real OpenID provider on this machine, reached over HTTP by the application and by the browser."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


@contextmanager
def _lent() -> Iterator[None]:
    """These extensions know one application at a time; afterwards they are back with the one that all tests share."""
    kept = [(extension, dict(vars(extension))) for extension in (oauth, limiter)]
    yield
    for extension, state in kept:
        vars(extension).clear()
        vars(extension).update(state)


def make_application(settings: Settings) -> Iterator[Flask]:
    """An application of its own: who the provider is, is decided when it is made."""
    with _lent():
        made = _make(settings)
        yield made
        _end(made)


def _make(settings: Settings) -> Flask:
    oauth._clients = {}
    made = create_app(settings)
    made.testing = True
    made.test_client_class = HttpBrowser
    return made


def _end(made: Flask) -> None:
    with made.app_context():
        db.engine.dispose()
    made.extensions["upfront.redis"].close()
    made.extensions["upfront.rq_redis"].close()


@dataclass
class Standing:
    """An application that is made once, and what the extensions know of it."""

    settings: Settings
    _made: Flask | None = None
    _states: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def use(self) -> Iterator[Flask]:
        with _lent():
            if self._made is None:
                self._made = _make(self.settings)
                self._states = [dict(vars(extension)) for extension in (oauth, limiter)]
            for extension, state in zip((oauth, limiter), self._states, strict=True):
                vars(extension).clear()
                vars(extension).update(state)
            yield self._made
            _end(self._made)  # other tests end connections, which this one would find later


@pytest.fixture(scope="session")
def standing(test_settings: Settings, running_provider: Provider) -> Standing:
    return Standing(replace(test_settings, oidc_issuer=running_provider.issuer))


@pytest.fixture(scope="session")
def standing_secure(test_settings: Settings, running_provider: Provider) -> Standing:
    return Standing(replace(test_settings, oidc_issuer=running_provider.issuer, base_url=SECURE))


@pytest.fixture
def signing_app(app: Flask, standing: Standing, provider: Provider) -> Iterator[Flask]:
    """The application, which trusts the running provider."""
    with standing.use() as made:
        yield made


@pytest.fixture
def secure_app(app: Flask, standing_secure: Standing, provider: Provider) -> Iterator[Flask]:
    """The same as people reach it by HTTPS."""
    with standing_secure.use() as made:
        yield made


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
