"""A preview of all templates over HTTP. No database, no Redis."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.templates.preview import create_preview


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: a test's output is for what went wrong."""


@pytest.fixture(scope="session")
def preview_app() -> Flask:
    return create_preview()


@pytest.fixture
def preview(preview_app: Flask) -> FlaskClient:
    return preview_app.test_client()


@pytest.fixture(scope="session")
def preview_url(preview_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, preview_app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
