"""What gunicorn serves in a benchmark: the product as it is and, beside it in the same worker, its yardsticks.

`/_yardstick/constant/NAME` is a bare Flask view, without a single hook, that returns as many bytes as the product
sends for NAME; `/_yardstick/yielding/NAME` is the same, and lets other greenlets run first, as every view of a gevent
worker must. `/_yardstick/builds` says how often the page was built since it was last asked, and `/_yardstick/revision`
which revision this worker knows of.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID
from wsgiref.types import StartResponse, WSGIEnvironment

import gevent
from flask import Flask
from werkzeug.test import Client

from app.live.revisions import revisions
from app.pages import queries
from app.pages.views import PageView
from wsgi import application as product

PREFIX = "/_yardstick/"

builds: list[float] = []
"""Seconds of each build of a page."""


def _counted(build_page: Callable[..., PageView]) -> Callable[..., PageView]:
    @wraps(build_page)
    def build(*arguments: Any) -> PageView:
        begin = time.perf_counter()
        try:
            return build_page(*arguments)
        finally:
            builds.append(time.perf_counter() - begin)

    return build


def _count_builds() -> None:
    """Put the counting function wherever the product took the other by name."""
    original = queries.build_page
    counting = _counted(original)
    for name, module in list(sys.modules.items()):
        if name.startswith("app.") and getattr(module, "build_page", None) is original:
            module.build_page = counting  # type: ignore[attr-defined]


_count_builds()

yardsticks = Flask(__name__)
_bodies: dict[str, bytes] = {}


def _body(name: str) -> bytes:
    """As many bytes as the product sends: the very same ones."""
    if name not in _bodies:
        path = {"page": f"/{os.environ['BENCH_SLUG']}", "status": f"/api/{os.environ['BENCH_SLUG']}/status"}[name]
        answer = Client(product).get(path, headers={"Accept-Encoding": "br"})
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        _bodies[name] = answer.get_data()
    return _bodies[name]


@yardsticks.get(f"{PREFIX}constant/<name>")
def constant(name: str) -> bytes:
    return _body(name)


@yardsticks.get(f"{PREFIX}yielding/<name>")
def yielding(name: str) -> bytes:
    gevent.sleep(0)
    return _body(name)


@yardsticks.get(f"{PREFIX}builds")
def take_builds() -> list[float]:
    counted = builds.copy()
    builds.clear()
    return counted


@yardsticks.get(f"{PREFIX}revision/<uuid:organization_id>")
def known_revision(organization_id: UUID) -> dict[str, int | None]:
    return {"revision": revisions.current(organization_id), "process": os.getpid()}


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"].startswith(PREFIX):
        return yardsticks(environ, start_response)
    return product(environ, start_response)
