"""A browser for tests: it has cookies, and nothing else is kept from one request to the next."""

from contextvars import Context
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

CSRF_SEED = "0123456789abcdef0123456789abcdef01234567"


class HttpBrowser(FlaskClient):
    """Each request gets an application context of its own, as in production.

    The one that the `app` fixture holds open would otherwise be used again and again, with whoever was signed in last.
    """

    application: Flask

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = Context().run(super().open, *args, **kwargs)
        for one in (*answer.history, answer):
            one.request.environ["wsgi.input"].close()  # Werkzeug sends what is large from a file, and leaves it open
        return answer

    def csrf_token(self, base_url: str | None = None) -> str:
        """What the hidden field of a form in this browser holds."""
        with self.session_transaction(base_url=base_url) as cookie:
            seed = cookie.setdefault("csrf_token", CSRF_SEED)
        secret = str(self.application.config["SECRET_KEY"])
        return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(seed))

    def submit(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form of one of our pages."""
        token = self.csrf_token(options.get("base_url"))
        return self.post(path, data={"csrf_token": token, **(fields or {})}, **options)
