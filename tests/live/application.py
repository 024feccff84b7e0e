"""What the tests' own gunicorn serves: the live part alone, without database or templates.

Everything that a test wants to happen inside of the process is a plain request: `/show`, `/sign-out` and so on.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

import gevent
from flask import Flask, Response, request
from redis import Redis

from app.config import SocketLimits
from app.errors import UpfrontError
from app.live import echo
from app.live.fragments import Fragments
from app.live.revisions import revisions
from app.live.sock import Sock, Upgrade
from app.live.sockets import Live

NORTHWIND = UUID(int=1)
ELSEWHERE = UUID(int=2)

app = Flask(__name__)
sock = Sock()
live = Live(
    SocketLimits(
        per_address=int(os.environ.get("PER_ADDRESS", "1000")),
        per_page=int(os.environ.get("PER_PAGE", "1000")),
        ping_seconds=int(os.environ.get("PING_SECONDS", "25")),
        idle_seconds=int(os.environ.get("IDLE_SECONDS", "75")),
    )
)


@dataclass
class Truth:
    """What the database would say."""

    revision: int = 1
    parts: dict[str, str] = field(
        default_factory=lambda: {"overall": '<p id="overall">fine</p>', "services": '<ul id="services"></ul>'}
    )
    renders: int = 0
    broken: bool = False
    signed_out: bool = False
    render_seconds: float = 0


truth = Truth()


def render() -> Fragments:
    truth.renders += 1
    revision, parts = truth.revision, dict(truth.parts)
    if truth.render_seconds:
        gevent.sleep(truth.render_seconds)
    if truth.broken:
        raise RuntimeError("the database is away")
    return Fragments(revision, parts)


def read_revisions(organization_ids: Collection[UUID]) -> Mapping[UUID, int]:
    if truth.broken:
        raise RuntimeError("the database is away")
    return {NORTHWIND: truth.revision} if NORTHWIND in organization_ids else {}


def start(is_stopping: "callable") -> None:  # type: ignore[valid-type]
    """Called by gunicorn's hook."""
    live.start(Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:1")), read_revisions, is_stopping)


@app.errorhandler(UpfrontError)
def refuse(error: UpfrontError) -> tuple[str, int]:
    return error.title, error.status


@sock.route("/live")
def visitors() -> Upgrade:
    return live.serve_visitor(request, "page:1", NORTHWIND, render)


@sock.route("/dashboard/live")
def members() -> Upgrade:
    return live.serve_member(
        request,
        "dashboard:1",
        NORTHWIND,
        render,
        still_allowed=lambda: not truth.signed_out,
        keys=[request.args.get("session", "s1"), "u1"],
    )


@app.get("/fragments")
def fragments() -> Response:
    body = live.fragments_since("page:1", NORTHWIND, render, request.args.get("revision", type=int))
    return Response(status=204) if body is None else Response(body)


@app.get("/plain")
def plain() -> str:
    return "plain"


@app.post("/truth")
def change() -> dict[str, object]:
    """Change what is true. `advance` also tells this process, as a push would."""
    told = request.get_json()
    advance = told.pop("advance", False)
    truth.parts |= told.pop("parts", {})
    for name, value in told.items():
        setattr(truth, name, value)
    if advance:
        revisions.advance(NORTHWIND, truth.revision)
    return {"renders": truth.renders, "sockets": len(live._hub), "at": monotonic()}


echo.register(sock)
sock.init_app(app)
