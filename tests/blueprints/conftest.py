"""The application as a browser reaches it, with whoever is signed in there."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.builders import Person
from tests.chromium import Tabs

Open = Callable[..., Page]


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: a test's output is for what went wrong."""


@pytest.fixture(scope="session")
def served(application: Flask) -> Iterator[str]:
    """Where the application is served on this machine, for one test after the other: browsers keep what is static."""
    with make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def address(app: Flask, served: str) -> str:
    """Where the application is served, with everything emptied."""
    return served


@pytest.fixture
def open_as(app: Flask, address: str, tabs: Tabs) -> Iterator[Open]:
    """Opens a page in a browser in which somebody, or nobody, is signed in. Faults that it reports fail the test."""
    faults: list[str] = []

    def open_page(person: Person | None, path: str, **options: object) -> Page:
        page = tabs.lend(address, {"pageerror": lambda error: faults.append(str(error))}, **options)
        if person is not None:
            sign_in(page.context, person)
        page.goto(path)
        return page

    def sign_in(context: BrowserContext, person: Person) -> None:
        cookie = {"_user_id": person.token, "_fresh": True, "_permanent": True}
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert serializer is not None
        context.add_cookies([{"name": "session", "value": str(serializer.dumps(cookie)), "url": address}])

    yield open_page
    assert faults == []
