"""The application as a browser reaches it, with whoever is signed in there."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.builders import Person

Open = Callable[..., Page]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application is served on this machine."""
    with make_server("127.0.0.1", 0, app, threaded=True) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def open_as(app: Flask, address: str, chromium: Browser) -> Iterator[Open]:
    """Opens a page in a browser in which somebody, or nobody, is signed in. Faults that it reports fail the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(person: Person | None, path: str, **options: object) -> Page:
        context = chromium.new_context(base_url=address, **options)  # type: ignore[arg-type]
        contexts.append(context)
        if person is not None:
            sign_in(context, person)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(path)
        return page

    def sign_in(context: BrowserContext, person: Person) -> None:
        cookie = {"_user_id": person.token, "_fresh": True, "_permanent": True}
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert serializer is not None
        context.add_cookies([{"name": "session", "value": str(serializer.dumps(cookie)), "url": address}])

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
